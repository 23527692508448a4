/* Prices: the slider and the number field say the same. */
