-- One row per day of the year of the tests; the semantic layer asks for it.
select cast(range as date) as date_on from range(date '2026-01-01', date '2027-01-01', interval 1 day)
