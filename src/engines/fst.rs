//! Looks into `OpenFst` files before libvosk does: it crashes on broken ones. Reads no more than header, symbols and sizes.

const MAGIC: i32 = 2_125_659_606;
const SYMBOLS_MAGIC: i32 = 2_125_658_996;
const ADDON_MAGIC: i32 = 446_681_434;

/// What an FST file says of itself.
#[derive(Debug, Default)]
pub(super) struct Fst {
    /// The words of its output symbols, where it carries them.
    pub(super) symbols: Option<Vec<String>>,
}

/// Reads a file's head and follows its sizes to the end as far as its kind is known.
pub(super) fn inspect(bytes: &[u8]) -> Result<Fst, String> {
    let mut reader = Reader { bytes, place: 0 };
    let header = reader.header()?;
    let symbols = reader.symbols(&header)?;
    match header.kind.as_str() {
        "vector" => reader.vector_states(&header)?,
        "const" => reader.const_states(&header)?,
        lookahead if lookahead.ends_with("lookahead") => {
            if reader.int()? != ADDON_MAGIC {
                return Err("the lookahead part is not where it should be".to_owned());
            }
            let inner = reader.header()?;
            reader.symbols(&inner)?;
            if inner.kind == "const" {
                reader.const_states(&inner)?;
                reader.reachable_labels()?;
            }
        }
        _ => {}
    }
    Ok(Fst { symbols })
}

struct Header {
    kind: String,
    flags: i32,
    states: i64,
    arcs: i64,
}

struct Reader<'a> {
    bytes: &'a [u8],
    place: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let taken = self.place.checked_add(count).and_then(|end| self.bytes.get(self.place..end)).ok_or("it ends too early")?;
        self.place += count;
        Ok(taken)
    }

    fn int(&mut self) -> Result<i32, String> {
        Ok(self.take(4)?.try_into().map(i32::from_le_bytes).unwrap_or_default())
    }

    fn long(&mut self) -> Result<i64, String> {
        Ok(self.take(8)?.try_into().map(i64::from_le_bytes).unwrap_or_default())
    }

    fn flag(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?[0])
    }

    fn count(&mut self) -> Result<usize, String> {
        usize::try_from(self.long()?).map_err(|_| "a negative count".to_owned())
    }

    fn string(&mut self) -> Result<String, String> {
        let length = usize::try_from(self.int()?).map_err(|_| "a text of negative length")?;
        if length > 4096 {
            return Err("a text of impossible length".to_owned());
        }
        String::from_utf8(self.take(length)?.to_vec()).map_err(|_| "a text that is not UTF-8".to_owned())
    }

    fn header(&mut self) -> Result<Header, String> {
        if self.int()? != MAGIC {
            return Err("it is no OpenFst file".to_owned());
        }
        let kind = self.string()?;
        let arc = self.string()?;
        if arc != "standard" {
            return Err(format!("its arcs are {arc:?}, not \"standard\""));
        }
        let (_version, flags, _properties, _start) = (self.int()?, self.int()?, self.long()?, self.long()?);
        Ok(Header { kind, flags, states: self.long()?, arcs: self.long()? })
    }

    /// Reads the symbol tables that the flags announce; returns the last, which is the output's.
    fn symbols(&mut self, header: &Header) -> Result<Option<Vec<String>>, String> {
        let mut table = None;
        for flag in [1, 2] {
            if header.flags & flag == 0 {
                continue;
            }
            if self.int()? != SYMBOLS_MAGIC {
                return Err("its symbol table is broken".to_owned());
            }
            self.string()?;
            self.long()?;
            let count = self.long()?;
            let mut words = Vec::new();
            for _ in 0..count {
                words.push(self.string()?);
                self.long()?;
            }
            table = Some(words);
        }
        Ok(table)
    }

    /// A state: final weight, count of arcs, arcs of 16 bytes.
    fn vector_states(&mut self, header: &Header) -> Result<(), String> {
        for _ in 0..header.states {
            self.take(4)?;
            let arcs = self.count()?;
            self.take(arcs.checked_mul(16).ok_or("a count of arcs out of range")?)?;
        }
        Ok(())
    }

    /// States of 20 bytes, then arcs of 16; a header that does not know its counts is left to libvosk.
    fn const_states(&mut self, header: &Header) -> Result<(), String> {
        let (Ok(states), Ok(arcs)) = (usize::try_from(header.states), usize::try_from(header.arcs)) else { return Ok(()) };
        self.take(states.checked_mul(20).ok_or("a count of states out of range")?)?;
        self.take(arcs.checked_mul(16).ok_or("a count of arcs out of range")?)?;
        Ok(())
    }

    /// What stands behind a lookahead graph: for its input and its output, the labels that each state reaches, as intervals.
    fn reachable_labels(&mut self) -> Result<(), String> {
        if self.flag()? == 0 {
            return Ok(());
        }
        for _ in 0..2 {
            if self.flag()? == 0 {
                continue;
            }
            self.flag()?;
            if self.flag()? != 0 {
                let relabelled = self.count()?;
                self.take(relabelled.checked_mul(8).ok_or("a count of labels out of range")?)?;
            }
            self.int()?;
            for _ in 0..self.count()? {
                let intervals = self.count()?;
                self.take(intervals.checked_mul(8).and_then(|bytes| bytes.checked_add(4)).ok_or("a count of intervals out of range")?)?;
            }
        }
        Ok(())
    }
}
