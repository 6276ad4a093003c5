"""Sheets as offices send and want them: CSV and XLSX, read within bounds and written so that no cell is a formula."""
