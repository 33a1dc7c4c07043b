-- One row per call, meeting, mail or task.
{{ canonical('activity') }}
