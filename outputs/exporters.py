"""The registry of dataset formats. To add one: write a package beside `outputs.nuscenes` and add its record here."""

from outputs.export_format import ExportFormat
from outputs.nuscenes.export import NUSCENES
from outputs.registry import ExtensionRegistry

EXPORTERS: ExtensionRegistry[ExportFormat] = ExtensionRegistry("export format", (NUSCENES,))
