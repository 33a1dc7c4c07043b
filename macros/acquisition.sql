{#- Whether a posted line is a cost of winning customers: marketing wherever it is booked, pay and other costs of the departments
    that sell. Expects the relations `journal_lines` and `selling_departments`, left joined by department, in scope. -#}
{% macro is_acquisition_cost() -%}
    journal_lines.entry_type is distinct from 'closing'
    and (
        journal_lines.account_type = 'marketing_expense'
        or (
            journal_lines.account_type in ('payroll_expense', 'operating_expense')
            and selling_departments.department_code is not null
        )
    )
{%- endmacro %}
