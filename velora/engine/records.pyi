import numpy as np

FILL_DTYPE: np.dtype[np.void]
SAMPLE_DTYPE: np.dtype[np.void]
ORDER_DTYPE: np.dtype[np.void]
