"""A model of XGBoost's, loaded from UBJSON; never from a pickle, which could run code."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import xgboost

from functions.serving.adapters.artefacts import ArtefactBrokenError
from functions.serving.artefact import Manifest


class XgboostModel:
    """Scores rows."""

    def __init__(self, booster: xgboost.Booster) -> None:
        self._booster = booster

    @classmethod
    def load(cls, content: bytes, manifest: Manifest) -> Self:
        """Load a model.

        Raises:
            ArtefactBrokenError: the bytes are no model, or one with another number of features than the manifest's.
        """
        if not content:
            # XGBoost would abort the process.
            message = f"the model of version {manifest.version} is an empty file"
            raise ArtefactBrokenError(message)
        booster = xgboost.Booster()
        try:
            booster.load_model(bytearray(content))
        except (xgboost.core.XGBoostError, UnicodeDecodeError) as error:
            # The latter where XGBoost's own message quotes the bytes.
            message = f"the model of version {manifest.version} is no UBJSON of XGBoost's: {str(error)[:200]}"
            raise ArtefactBrokenError(message) from error
        if (found := booster.num_features()) != (wanted := len(manifest.features)):
            message = f"the model of version {manifest.version} takes {found} features, and its manifest lists {wanted}"
            raise ArtefactBrokenError(message)
        # A function has little more than one processor, and threads for a few rows cost more than they bring.
        booster.set_param({"nthread": 1})
        return cls(booster)

    def scores(self, matrix: Sequence[Sequence[float]]) -> list[float]:
        """One score a row; the matrix has rows by features, with NaN where a value is missing."""
        found = self._booster.inplace_predict(np.asarray(matrix, dtype=np.float32))
        return [float(score) for score in np.asarray(found, dtype=np.float64).ravel()]
