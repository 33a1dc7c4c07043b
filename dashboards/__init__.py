"""The reading half: pages, reports, mail and analysts' SQL on published versions. Imports nothing of `pipelines`."""
