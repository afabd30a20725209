import uuid

from django.db import models


class Payment(models.Model):
    class Status(models.TextChoices):
        PENDING = 'PENDING'
        COMPLETED = 'COMPLETED'
        FAILED = 'FAILED'

    class Failure(models.TextChoices):
        NONE = ''
        DECLINED = 'declined'
        GATEWAY_ERROR = 'gateway_error'

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order_id = models.CharField(max_length=255)
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=255)
    status = models.CharField(max_length=9, default=Status.PENDING)
    failure = models.CharField(
        max_length=13, default=Failure.NONE, blank=True
    )
    charge_id = models.CharField(max_length=255, default='', blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            # Not unique=True: for a text that makes a second index, for LIKE,
            # which every insert would pay for.
            models.UniqueConstraint(
                fields=['order_id'], name='one_payment_per_order'
            ),
        ]

    def complete(self, charge_id):
        self.status = self.Status.COMPLETED
        self.charge_id = charge_id
        self.save(update_fields=['status', 'charge_id', 'updated_at'])

    def fail(self, failure):
        self.status = self.Status.FAILED
        self.failure = failure
        self.save(update_fields=['status', 'failure', 'updated_at'])
