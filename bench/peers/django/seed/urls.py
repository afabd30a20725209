from django.urls import path

from seed.views import PaymentsView

urlpatterns = [path('v1/payments', PaymentsView.as_view())]
