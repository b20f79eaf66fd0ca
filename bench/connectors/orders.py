"""The rows of `src/rows.ts`."""

from datetime import datetime, timedelta

START = datetime(2024, 1, 1)
STATUSES = ("open", "paid", "shipped", "returned")


def order(n):
    at = (START + timedelta(milliseconds=n * 100)).isoformat(timespec="milliseconds") + "Z"
    customer = (n * 7919) % 100_003
    return {
        "id": n,
        "customer_id": customer,
        "email": f"customer-{customer}@example.com",
        "status": STATUSES[n % 4],
        "note": None if n % 3 == 0 else f"order {n} came in by post",
        "amount": (n % 100_000) / 100,
        "paid": n % 2 == 0,
        "created_at": at,
        "updated_at": at,
        "tags": ["vip", f"batch-{n % 17}"] if n % 5 == 0 else [],
    }
