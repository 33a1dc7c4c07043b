{#- The staging model of each canonical entity that HubSpot holds. -#}
{% macro hubspot_staging_models() -%}
    {{ return({
        "owner": "stg_hubspot__owners",
        "account": "stg_hubspot__accounts",
        "contact": "stg_hubspot__contacts",
        "campaign": "stg_hubspot__campaigns",
        "lead": "stg_hubspot__leads",
        "deal": "stg_hubspot__deals",
        "deal_split": "stg_hubspot__deal_splits",
        "deal_line": "stg_hubspot__deal_lines",
        "deal_stage_history": "stg_hubspot__deal_stage_history",
        "activity": "stg_hubspot__activities",
        "ticket": "stg_hubspot__tickets",
        "quote": "stg_hubspot__quotes",
    }) }}
{%- endmacro %}
