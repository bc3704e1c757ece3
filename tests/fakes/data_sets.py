"""A data set to test with."""

from typing import Any

from functions.feature_pipeline.settings import PreparedDataSet


def transactions(**fields: Any) -> PreparedDataSet:
    """The data set of purchases."""
    declared = {
        "name": "transactions",
        "prefix": "data/transactions/",
        "sql": "features/transactions.sql",
        "columns": {"customer_id": "VARCHAR", "amount": "DECIMAL(10,2)"},
        "query": "FROM source",
    }
    return PreparedDataSet.model_validate({**declared, **fields})
