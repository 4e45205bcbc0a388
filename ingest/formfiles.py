"""Files of plain forms. Owns: what happens when the disk for temporary files is full while one arrives."""

from __future__ import annotations

import errno

from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from archive.errors import Unavailable

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MARK = "anjuan.form_disk_full"


class FormDiskFull(Unavailable):
    code = "form-disk-full"
    words = _("There is no room for this upload at the moment.")
    advice = _("Nothing of it was kept. Tell the system administrator, then send it again.")


class FormFiles(TemporaryFileUploadHandler):
    """Files of a form go to the disk, never into memory. A full disk ends the reading instead of the request."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a piece; when there is no room, mark the request and take nothing more."""
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError as exc:
            if exc.errno not in FULL or self.request is None:
                raise
            self.request.META[_MARK] = True
            raise StopUpload(connection_reset=False) from exc


def check_room(request: HttpRequest) -> None:
    """After the form was read. Raises `FormDiskFull` when it could not be read for want of room."""
    if request.FILES is not None and request.META.get(_MARK):  # asking for the files has the form read
        raise FormDiskFull()
