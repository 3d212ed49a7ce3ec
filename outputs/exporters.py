"""The dataset formats that there are. One more: a package beside `outputs.nuscenes`, and its record here."""

from outputs.export_format import ExportFormat
from outputs.nuscenes.export import NUSCENES
from outputs.registry import ExtensionRegistry

EXPORTERS: ExtensionRegistry[ExportFormat] = ExtensionRegistry("export format", (NUSCENES,))
