"""Sums of money as texts with two places."""
from decimal import Decimal, InvalidOperation


def parse(text):
    try:
        amount = Decimal(text)
    except (InvalidOperation, TypeError) as error:
        raise ValueError(f"no amount: {text!r}") from error
    if not amount.is_finite() or amount != amount.quantize(Decimal("0.01")):
        raise ValueError(f"no amount: {text!r}")
    return amount


def total(texts):
    return f"{sum((parse(text) for text in texts), Decimal(0)):.2f}"
