-- One row a customer: what they bought in this partition.
SELECT
    customer_id,
    count(*)::INTEGER AS orders,
    sum(quantity)::INTEGER AS units,
    sum(amount)::DECIMAL(12, 2) AS amount,
    min(date) AS first_purchase,
    max(date) AS last_purchase
FROM source
GROUP BY customer_id
ORDER BY customer_id
