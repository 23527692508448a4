"""Days that will not be like others: from an owner's sentence, or a form, to an event the forecast knows of."""
