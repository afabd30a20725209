"""gunicorn's settings; its own variable GUNICORN_CMD_ARGS overrides them."""
import os
import signal
import threading

bind = f"127.0.0.1:{os.environ['PORT']}"
worker_class = 'gthread'
workers = 4
threads = 16

# Loaded before the fork, so that memory is shared and workers start at once.
preload_app = True
# A heartbeat on a disk can stall a worker.
worker_tmp_dir = '/dev/shm' if os.path.isdir('/dev/shm') else None
# Longer than clients keep idle connections, so that it is not we who close
# one just as a request comes.
keepalive = 75
# Sync workers, should they be tried, are killed after this; four calls of ten
# seconds each must fit in.
timeout = 60
graceful_timeout = 3
loglevel = 'warning'


def on_starting(server):
    """In the master, after loading and before listening: make the table."""
    from django.core.management import call_command
    from django.db import connections

    threading.Thread(target=_end_with_launcher, daemon=True).start()
    call_command('migrate', interactive=False, verbosity=0)
    # No connection may be shared with the workers.
    connections.close_all()


def _end_with_launcher():
    """Our stdin is the launcher's pipe: it ends when the launcher does."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
