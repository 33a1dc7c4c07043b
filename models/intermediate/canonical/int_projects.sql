-- One row per customer or internal project.
{{ canonical('project') }}
