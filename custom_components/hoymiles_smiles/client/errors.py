"""Everything that can go wrong between a client and a bridge."""


class BridgeError(Exception):
    """Any of the below. Its text is a sentence for people and holds no token."""


class CannotConnect(BridgeError):
    """Nothing answers there, or the connection broke."""


class NotABridge(BridgeError):
    """Something answers, but it is no Hoymiles S-Miles bridge."""


class BridgeTooOld(BridgeError):
    """A bridge that does not offer what this client needs, such as the Python version 2."""

    def __init__(self, version: str) -> None:
        """Remember the version that was found."""
        super().__init__(f"The bridge has version {version}, which is too old.")
        self.version = version


class BridgeTooNew(BridgeError):
    """A bridge whose API has changed in a way that this client does not know."""

    def __init__(self, version: str) -> None:
        """Remember the version that was found."""
        super().__init__(f"The bridge has version {version}, which is too new.")
        self.version = version


class WrongToken(BridgeError):
    """The bridge wants a token, or another one."""


class NotReady(BridgeError):
    """The bridge runs but cannot answer this yet."""

    def __init__(self, text: str, retry_after: float | None) -> None:
        """Remember after how many seconds it asks to be asked again, if it says so."""
        super().__init__(text)
        self.retry_after = retry_after


class UnexpectedAnswer(BridgeError):
    """The bridge answered with an error, or with something that cannot be read."""
