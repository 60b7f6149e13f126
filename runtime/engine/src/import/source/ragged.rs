//! Rows with more cells than the heading, because a delimiter stands in a text without quotes.

use csv::ByteRecord;

/// The row with its surplus cells joined into the columns that are declared to hold such texts, or nothing where it has
/// none or it is not certain where they belong.
///
/// People write a blank behind a comma, programs that part cells do not: where as many cells begin with a blank as there
/// are surplus ones, each belongs to the cell before it, which must be of a declared column. Where none does, and one
/// column alone is declared, they all belong to it.
pub(super) fn joined(cells: &ByteRecord, width: usize, joins: &[usize], delimiter: u8) -> Option<ByteRecord> {
    let surplus = cells.len().checked_sub(width).filter(|surplus| *surplus > 0)?;
    let begins: Vec<usize> =
        (1..cells.len()).filter(|at| cells.get(*at).is_some_and(|cell| cell.starts_with(b" "))).collect();
    let belongs: Vec<usize> = match (begins.len(), joins) {
        (0, [column]) => (column + 1..=column + surplus).collect(),
        (count, _) if count == surplus => begins,
        _ => return None,
    };
    let mut joined: Vec<Vec<u8>> = Vec::with_capacity(width);
    for (at, cell) in cells.iter().enumerate() {
        match joined.len().checked_sub(1) {
            Some(column) if belongs.contains(&at) => {
                if !joins.contains(&column) {
                    return None;
                }
                let text = joined.get_mut(column)?;
                text.push(delimiter);
                text.extend_from_slice(cell);
            }
            _ => joined.push(cell.to_vec()),
        }
    }
    (joined.len() == width).then(|| joined.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surplus_cells_are_joined_where_it_is_certain() {
        let row = |cells: &[&str]| -> ByteRecord { cells.iter().map(|cell| cell.as_bytes()).collect() };
        let texts = |cells: &[&str], joins: &[usize]| {
            joined(&row(cells), 4, joins, b',')
                .map(|row| row.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect::<Vec<_>>())
        };
        let address = ["1", "Bon", "12", " rue X", "Paris"];
        assert_eq!(texts(&address, &[2]), Some(["1", "Bon", "12, rue X", "Paris"].map(str::to_owned).to_vec()));
        assert_eq!(texts(&address, &[1, 2]), texts(&address, &[2]));
        assert_eq!(texts(&address, &[1]), None, "the blank says that it is of another column");
        assert_eq!(texts(&address, &[]), None);
        let named = ["1", "Tokyo", " Ltd.", " Co.", "x", "y"];
        assert_eq!(texts(&named, &[1, 2]), Some(["1", "Tokyo, Ltd., Co.", "x", "y"].map(str::to_owned).to_vec()));
        assert_eq!(texts(&["1", "a", "b", "c", "d"], &[1]), Some(["1", "a,b", "c", "d"].map(str::to_owned).to_vec()));
        assert_eq!(texts(&["1", "a", "b", "c", "d"], &[1, 2]), None, "it could be either");
        assert_eq!(texts(&["1", " a", " b", "c", "d"], &[1]), None, "blanks are usual here");
        assert_eq!(texts(&["1", "a", "b"], &[1]), None, "one that is too short is not mended");
        assert_eq!(texts(&["1", "a", "b", "c"], &[1]), None);
    }
}
