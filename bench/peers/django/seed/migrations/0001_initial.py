import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name='Payment',
            fields=[
                (
                    'id',
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ('order_id', models.CharField(max_length=255)),
                ('amount', models.PositiveBigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('method', models.CharField(max_length=255)),
                (
                    'status',
                    models.CharField(default='PENDING', max_length=9),
                ),
                (
                    'failure',
                    models.CharField(blank=True, default='', max_length=13),
                ),
                (
                    'charge_id',
                    models.CharField(blank=True, default='', max_length=255),
                ),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(
                fields=('order_id',), name='one_payment_per_order'
            ),
        ),
    ]
