"""The fixed data behind the golden vectors (domain, Appendix A): daily simple returns, oldest first."""

from __future__ import annotations

import numpy as np

from hedgerow.model.arrays import FloatArray

# fmt: off
D24_X: FloatArray = np.array([
    0.0120, -0.0231, 0.0085, 0.0312, -0.0157, 0.0042, -0.0405, 0.0268, 0.0091, -0.0063, 0.0177, -0.0119,
    0.0034, 0.0226, -0.0288, 0.0151, -0.0072, 0.0393, -0.0216, 0.0058, -0.0134, 0.0204, 0.0011, -0.0095,
])
D24_E: FloatArray = np.array([
    0.0171, -0.0262, 0.0131, 0.0341, -0.0243, 0.0080, -0.0557, 0.0331, 0.0062, -0.0121, 0.0262, -0.0108,
    0.0075, 0.0247, -0.0391, 0.0224, -0.0049, 0.0468, -0.0307, 0.0107, -0.0181, 0.0273, -0.0032, -0.0087,
])
D24_Y: FloatArray = np.array([
    0.0254, -0.0381, 0.0049, 0.0527, -0.0198, 0.0151, -0.0719, 0.0322, 0.1450, -0.0170, 0.0308, -0.0244,
    -0.0068, 0.0416, -0.0492, 0.0317, -0.0203, 0.0561, -0.0402, 0.0187, -0.0146, 0.0265, 0.0073, -0.0211,
])
# fmt: on


def d200() -> tuple[FloatArray, FloatArray, FloatArray]:
    """x, y and the true beta of D200, a beta that swings."""
    t = np.arange(200.0)
    x = 0.03 * np.sin(1.7 * t) + 0.015 * np.cos(0.9 * t + 0.3)
    beta = 1.2 + 0.5 * np.sin(2.0 * np.pi * t / 120.0)
    return x, beta * x + 0.012 * np.sin(12.9898 * t + 78.233) * np.cos(4.1414 * t), beta
