{#- The staging model of each canonical entity that Salesforce holds. -#}
{% macro salesforce_staging_models() -%}
    {{ return({
        "owner": "stg_salesforce__owners",
        "account": "stg_salesforce__accounts",
        "contact": "stg_salesforce__contacts",
        "campaign": "stg_salesforce__campaigns",
        "lead": "stg_salesforce__leads",
        "deal": "stg_salesforce__deals",
        "deal_line": "stg_salesforce__deal_lines",
        "deal_split": "stg_salesforce__deal_splits",
        "deal_stage_history": "stg_salesforce__deal_stage_history",
        "activity": "stg_salesforce__activities",
        "ticket": "stg_salesforce__tickets",
        "quote": "stg_salesforce__quotes",
        "quota": "stg_salesforce__quotas",
    }) }}
{%- endmacro %}
