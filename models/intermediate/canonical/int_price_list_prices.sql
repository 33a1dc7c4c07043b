-- One row per item, price list and first day of validity.
{{ canonical('price_list_price') }}
