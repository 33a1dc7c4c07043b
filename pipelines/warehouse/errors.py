"""The errors of building the warehouse. A run that meets one publishes nothing; readers keep the current version."""


class WarehouseError(Exception):
    """The warehouse could not be built. The run's own copies may be deleted; nothing else was touched."""


class LandedDataError(WarehouseError):
    """A landed batch is missing, damaged or not what its manifest says."""


class ModelError(WarehouseError):
    """dbt could not parse or build the models. The message names the model."""
