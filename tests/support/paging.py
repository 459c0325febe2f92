"""Lists of the API, followed from page to page to their end."""


def pages_of(client, path, **query):
    """Yield each page of a list."""
    cursor = None
    while True:
        answered = client.get(path, params=query | ({"cursor": cursor} if cursor else {}))
        assert answered.status_code == 200, answered.text
        page = answered.json()
        yield page
        cursor = page["next"]
        if cursor is None:
            return


def items_of(client, path, **query):
    """Return all items of a list."""
    return [item for page in pages_of(client, path, **query) for item in page["items"]]
