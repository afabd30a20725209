"""The payment gateway: one call, up to three retries, one key for all."""
import random
import threading
import time

import requests
from django.conf import settings

_local = threading.local()


class Declined(Exception):
    pass


class GatewayError(Exception):
    """No call got an answer that settles it; the card may be charged."""


def charge(payment):
    """Returns the gateway's id of the charge."""
    for attempt in range(settings.GATEWAY_RETRIES + 1):
        if attempt > 0:
            # Full jitter, below 100, 200 and 400 ms.
            ceiling = settings.GATEWAY_BACKOFF_S * 2 ** (attempt - 1)
            time.sleep(random.uniform(0, ceiling))
        charge_id = _call(payment)
        if charge_id is not None:
            return charge_id
    raise GatewayError


def _call(payment):
    """The id of the charge, or None if it is to be tried again."""
    try:
        response = _session().post(
            f'{settings.GATEWAY_URL}/charges',
            headers={'Idempotency-Key': f'payment-{payment.id}'},
            json={
                'amount': payment.amount,
                'currency': payment.currency,
                'reference': f'order-{payment.order_id}',
                'order_id': payment.order_id,
                'method': payment.method,
            },
            timeout=settings.GATEWAY_TIMEOUT_S,
            allow_redirects=False,
        )
        if response.status_code == 402:
            raise Declined
        if response.status_code != 200:
            return None
        body = response.json()
    except (requests.RequestException, ValueError):
        return None
    if not isinstance(body, dict) or body.get('status') != 'succeeded':
        return None
    return body['id'] if isinstance(body.get('id'), str) else None


def _session():
    """One per thread, for sessions are not promised to be thread-safe.

    So each has one connection at most, and no pool can be too small.
    """
    session = getattr(_local, 'session', None)
    if session is None:
        session = _local.session = requests.Session()
        # Otherwise every call looks for proxies in the environment and for a
        # .netrc.
        session.trust_env = False
    return session
