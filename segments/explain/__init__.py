"""Why a contact is in a segment, or out of it: row by row, with what it rests on."""
