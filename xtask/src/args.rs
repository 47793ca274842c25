//! The command line: words, flags and values, each taken once; arguments that no command takes are errors.

use crate::outcome::Result;

pub(crate) struct Args {
    words: Vec<String>,
}

impl Args {
    pub(crate) fn from_env() -> Self {
        Self { words: std::env::args().skip(1).collect() }
    }

    pub(crate) fn of(words: &[&str]) -> Self {
        Self { words: words.iter().map(ToString::to_string).collect() }
    }

    /// Takes the next word.
    pub(crate) fn word(&mut self) -> Option<String> {
        if self.words.is_empty() { None } else { Some(self.words.remove(0)) }
    }

    /// Takes `name` if it is there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let position = self.words.iter().position(|word| word == name);
        position.map(|index| self.words.remove(index)).is_some()
    }

    /// Takes `name VALUE` if it is there.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>> {
        let Some(index) = self.words.iter().position(|word| word == name) else { return Ok(None) };
        self.words.remove(index);
        if index == self.words.len() {
            return Err(format!("{name} wants a value").into());
        }
        Ok(Some(self.words.remove(index)))
    }

    /// Takes everything that is left, to hand it on.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        std::mem::take(&mut self.words)
    }

    /// Prints `about` and returns true if help was asked for; rejects arguments that are left over.
    pub(crate) fn finish(&mut self, about: &str) -> Result<bool> {
        if self.flag("--help") || self.flag("-h") {
            println!("{about}");
            return Ok(true);
        }
        match self.words.first() {
            None => Ok(false),
            Some(word) => Err(format!("`{word}` is not an option here; --help tells them").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_taken_in_any_order() {
        let mut args = Args::of(&["server", "--quick", "--runtime", "smol"]);
        assert_eq!(args.value("--runtime").ok().flatten().as_deref(), Some("smol"));
        assert!(args.flag("--quick"));
        assert!(!args.flag("--write"));
        assert_eq!(args.word().as_deref(), Some("server"));
        assert!(matches!(args.finish(""), Ok(false)));
    }

    #[test]
    fn what_nobody_took_is_refused() {
        assert!(Args::of(&["--quik"]).finish("").is_err());
        assert!(Args::of(&["--runtime"]).value("--runtime").is_err());
    }
}
