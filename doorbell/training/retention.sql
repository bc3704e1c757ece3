-- One row a customer who had bought by the end of $as_of: what was known of them then (recency, frequency, monetary
-- value and the like), and as `label` whether they bought within the $horizon_days days after it.
-- `history` has the columns of the feature files and `day`, the partition that a row came with, and ends with the last of
-- those days. What came with a partition after $as_of was not known then, whatever its date.
WITH known AS (
    SELECT
        customer_id,
        min(first_purchase) AS first_purchase,
        max(last_purchase) AS last_purchase,
        count(DISTINCT last_purchase) AS purchase_days,
        sum(orders)::INTEGER AS orders,
        sum(units)::INTEGER AS units,
        sum(amount)::DOUBLE AS amount
    FROM history
    WHERE day <= $as_of AND last_purchase <= $as_of
    GROUP BY customer_id
),

bought_again AS (
    SELECT DISTINCT customer_id
    FROM history
    WHERE last_purchase > $as_of AND last_purchase <= $as_of + $horizon_days
)

SELECT
    customer_id,
    ($as_of - last_purchase)::INTEGER AS recency_days,
    orders,
    amount,
    ($as_of - first_purchase)::INTEGER AS tenure_days,
    units,
    amount / orders AS average_amount,
    -- NULL for who bought on a single day.
    (last_purchase - first_purchase) / nullif(purchase_days - 1, 0) AS days_between_purchases,
    bought_again.customer_id IS NOT NULL AS label
FROM known
LEFT JOIN bought_again USING (customer_id)
-- The same rows in the same order make the same model, byte for byte.
ORDER BY customer_id
