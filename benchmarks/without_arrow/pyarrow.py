"""In front on the path it hides Arrow, which a Lambda does not have either."""

raise ImportError("pyarrow is hidden, as it is missing in a Lambda")
