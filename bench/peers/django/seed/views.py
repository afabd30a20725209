from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from seed import gateway
from seed.models import Payment

# What fits a PostgreSQL bigint and is exact in every JSON parser.
MAX_AMOUNT = 2 ** 53 - 1


class OrderSerializer(serializers.Serializer):
    # Short enough that the reference derived from it is below 255 too.
    order_id = serializers.RegexField(r'\A[\x21-\x7e]+\Z', max_length=200)
    amount = serializers.IntegerField(min_value=1, max_value=MAX_AMOUNT)
    currency = serializers.RegexField(r'\A[A-Z]{3}\Z')
    method = serializers.RegexField(r'\A[\x21-\x7e]+\Z', max_length=255)

    def validate(self, attrs):
        unknown = set(self.initial_data) - set(self.fields)
        if unknown:
            raise serializers.ValidationError(
                {name: 'Unknown field.' for name in unknown}
            )
        return attrs


class PaymentsView(APIView):
    def post(self, request):
        serializer = OrderSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        order = dict(serializer.validated_data)

        # Inserts in a transaction of its own, committed before the call;
        # whoever loses the race reads the winner's row.
        payment, created = Payment.objects.get_or_create(
            order_id=order.pop('order_id'), defaults=order
        )
        if created:
            settle(payment)
        return answer(payment, created)


def settle(payment):
    try:
        charge_id = gateway.charge(payment)
    except gateway.Declined:
        payment.fail(Payment.Failure.DECLINED)
    except gateway.GatewayError:
        payment.fail(Payment.Failure.GATEWAY_ERROR)
    else:
        payment.complete(charge_id)


def answer(payment, created):
    if payment.failure == Payment.Failure.GATEWAY_ERROR:
        return Response({'error': 'Gateway error'}, status=502)
    state = {
        'payment_id': str(payment.id),
        'order_id': payment.order_id,
        'amount': payment.amount,
        'currency': payment.currency,
        'status': payment.status,
    }
    if payment.failure == Payment.Failure.DECLINED:
        return Response({'error': 'Card declined', **state}, status=402)
    if payment.status == Payment.Status.PENDING:
        # Another request is at it, or was when its process died.
        return Response(state, status=202)
    return Response(state, status=201 if created else 200)
