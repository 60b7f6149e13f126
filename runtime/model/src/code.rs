//! The catalogue of diagnostic codes: one per kind of slip, with the page that `fichero explain CODE` prints.
//!
//! A code never changes its meaning and is never reused. The first digits group them: `F00` files and YAML, `F01`
//! document shape, `F02` names and references, `F03` expressions and scripts, `F04` entities and fields, `F05`
//! pipelines, `F06` views, forms and menus, `F07` data, mappings and tests, `F08` packs and overlays, `F09` what
//! this release cannot do yet, `F10` plans and databases.

/// The name of a kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static Page);

/// What is known of a code.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Page {
    name: &'static str,
    title: &'static str,
    text: &'static str,
}

impl Code {
    /// Its name, such as `F0403`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// What it is about, in a few words.
    pub fn title(self) -> &'static str {
        self.0.title
    }

    /// The explanation: what it means, a wrong example, the right one.
    pub fn text(self) -> &'static str {
        self.0.text
    }

    /// The code of that name, if there is one.
    pub fn find(name: &str) -> Option<Code> {
        ALL.iter().copied().find(|code| code.name().eq_ignore_ascii_case(name))
    }

    /// Every code, by name.
    pub fn all() -> &'static [Code] {
        ALL
    }
}

macro_rules! codes {
    ($($constant:ident $name:literal $title:literal $text:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $title, ".")]
            pub const $constant: Code = Code(&Page { name: $name, title: $title, text: $text });
        )*
        const ALL: &[Code] = &[$($constant),*];
    };
}

codes! {
    FILE_UNREADABLE "F0001" "a file cannot be read" "The file exists but could not be read: check that it is a regular file and that you may read it.";
    NOT_UTF8 "F0002" "a file is not UTF-8" "Definition files are UTF-8 text. Save the file as UTF-8 in your editor; the message gives the first byte that is not.";
    FILE_TOO_LARGE "F0003" "a definition file is too large" "A definition file may hold at most 1 MiB. Split it by topic: any number of files and documents may make up a pack.";
    TAB "F0004" "a tab in the indentation" "YAML indents with spaces. Replace the tab by spaces; `fichero fmt` does it for you.";
    SYNTAX "F0005" "not readable as YAML" "The text does not follow YAML's grammar at this place. Usual causes: a missing space after a colon, a bracket or a quote that is not closed, a line indented too little.";
    DUPLICATE_KEY "F0006" "a key stands twice in one map" "Each key may stand once in a map. YAML readers disagree on which of two wins, so neither is taken.";
    ANCHOR "F0007" "anchors and aliases are not used" "Definitions are plain YAML: no `&anchor`, no `*alias`, no `<<` merge key. Share fields with a `mixin`. An expression that begins with `*` or `&` is quoted.";
    TAG "F0008" "tags are not used" "A word that begins with `!` is a YAML tag and would be lost. An expression that begins with `!` is quoted: `if: '!closed'`, or written with `not`: `if: not closed`.";
    NULL "F0009" "a key without a value" "Nothing stands after the colon. Give a value or remove the key; an empty map is `{}`, an empty text is `\"\"`.";
    TOO_DEEP "F0010" "nested too deeply" "Documents may nest at most 64 levels deep. Something went wrong while generating or indenting the file.";
    AMBIGUOUS_WORD "F0011" "a word that other YAML readers take for something else" "In YAML 1.2 `no`, `yes`, `on`, `off` are words, not booleans. Where a boolean is expected write `true` or `false`; where the word is meant, quote it.";
    UNQUOTED_EXPRESSION "F0012" "an expression that must be quoted" "A comma, bracket or brace inside a one-line map, or a first character that means something to YAML, breaks an expression apart. Quote the whole expression with single quotes or let it stand on its own line.";
    COMMENT_IN_TEXT "F0013" "text lost behind ` #`" "A space and `#` begin a comment in YAML, so what follows is not part of the text. Quote the text if the `#` belongs to it.";
    KEY_LIKE_CODE "F0014" "a key that looks like code" "The text before the colon looks like part of an expression. An expression that holds `: ` is quoted.";
    TOO_MANY_NODES "F0015" "a file holds too many values" "A definition file may hold at most 100,000 values.";
    TOO_MANY_FILES "F0016" "too many definition files" "A workspace with its packs may hold at most 20,000 definition files. A folder of something else was probably put among the definitions; keep it in `data/`, or outside.";
    FILE_PASSED_OVER "F0017" "a file that is passed over" "Definitions are read from files that end in `.yaml` and scripts from files that end in `.rhai`. Rename the file if it is one of them.";

    UNKNOWN_KIND "F0101" "a document of unknown kind" "The first key of a document says what it is and names it, such as `entity: customer`. The message lists the nearest kind.";
    UNKNOWN_KEY "F0102" "an unknown key" "The key has no meaning here, so it would be silently ignored. The help names the nearest key that has.";
    WRONG_SHAPE "F0103" "a value of the wrong shape" "A map, list, text, number or boolean was expected here and something else stands there.";
    MISSING_KEY "F0104" "a required key is missing" "The document cannot be understood without this key.";
    BAD_NAME "F0105" "a name that is not snake_case" "Names begin with a lower-case letter and hold lower-case letters, digits and `_`, at most 48 characters.";
    RESERVED_NAME "F0106" "a reserved name" "The name is taken by the language or by the HTTP interface, for example `login`, `search`, `record`, `me`. Choose another.";
    BAD_VALUE "F0107" "a value outside what the key takes" "The key takes one of a fixed set of words or a number within limits.";
    BAD_TEXT "F0108" "a text in a form that is not taken" "A text is a string or a map of locales: `{en: Deal, es: Negocio}`. A locale is two letters, such as `en`.";
    BAD_DURATION "F0109" "not a duration" "A duration is a number and a unit: `3 working days`, `2 hours`, `30 minutes`.";
    BAD_PATTERN "F0110" "a pattern that cannot be used" "The pattern is not a valid one, or could take unbounded time.";
    BAD_DATE "F0111" "not a date or time" "Dates are written `2026-03-02`, times `09:00`, moments `2026-03-02T09:00` with an optional zone after a space.";
    FIRST_KEY "F0112" "the document does not begin with its kind" "The first key of a document says what it is and names it. Move that key to the top; `fichero fmt` does it for you.";

    UNKNOWN_REFERENCE "F0201" "a name that nothing bears" "The name refers to a definition or field that does not exist. The help names the nearest.";
    DUPLICATE_NAME "F0202" "two definitions of one name" "Names are unique in a workspace by kind. If the second one is meant to change the first, write `extend:` instead; if it comes from a foreign pack, give that pack a `prefix`.";
    NAME_CLASH "F0203" "a name with two meanings" "A bare name is a field of the row at hand, then a local, then a definition. Here it could be more than one; rename one of them.";
    WRONG_TARGET "F0204" "a name of the wrong kind" "The name exists but is something else than what is needed here.";
    CYCLE "F0205" "definitions that need each other in a circle" "Each needs the other to be known first. The message prints the circle; break it at one place.";
    FORMER_NAME "F0206" "a former name that something else has a claim on" "`was` says what a thing was called before, and what is stored under that name becomes its own. So nothing that still exists may bear it, and one thing alone may claim it. To let two things change places, rename one to a third name first and deploy that.";

    EXPRESSION_SYNTAX "F0301" "not readable as an expression" "The expression does not follow the grammar at this column.";
    UNKNOWN_NAME "F0302" "an unknown name in an expression" "A bare name must be a field of the row at hand, a local, or a definition. The help names the nearest.";
    UNKNOWN_FUNCTION "F0303" "an unknown function" "Only the published functions and those of a pack's script files may be called. The help names the nearest.";
    UNLIKE_TYPES "F0304" "unlike types" "The two sides cannot be compared or combined: for example a number with a text.";
    NOT_PORTABLE "F0305" "an expression that cannot become SQL" "Where rows are filtered, sorted or counted, the database does the work, so the expression must be portable. The message says which part is not.";
    WRONG_ARGUMENTS "F0306" "a function called with the wrong arguments" "The number or the types of the arguments do not fit. The help shows the function's form.";
    NOT_BOOLEAN "F0307" "a condition that is neither true nor false" "Conditions are true or false. Compare the value with something.";
    WRONG_TYPE "F0308" "an expression of the wrong type" "The place expects another type than the expression gives.";
    UNKNOWN_OPTION "F0309" "a value that is not among the options" "The choice has no option of this name, so the comparison could never be true.";
    TOO_LONG_A_PATH "F0310" "a path of more than four references" "Paths may follow at most four references; a longer one would join too many tables. Store the value on the way with a `lookup` or `formula`.";
    SCRIPT "F0311" "a script that cannot be used" "The script file does not parse, or uses a name or function that does not exist.";
    NOT_ALLOWED_HERE "F0312" "something that is not allowed in this expression" "Some names only make sense in some places: `old` and `changed` in rules, `input` behind a question, `value` in a type's checks.";
    TEXT_QUOTES "F0313" "text in single quotes" "Inside an expression text stands in double quotes: `stage == \"won\"`.";
    ASSIGNMENT "F0314" "`=` where `==` is meant" "A single `=` assigns, which expressions never do. Compare with `==`.";

    UNKNOWN_TYPE "F0401" "an unknown type" "The type is neither a storage kind nor a `type` document of a loaded pack. The help names the nearest.";
    KEY_NOT_FOR_TYPE "F0402" "a key that this type does not take" "The key has no meaning for fields of this type.";
    FIELD_CYCLE "F0403" "fields computed from each other in a circle" "A computed field may not depend on itself, not even through others. The message prints the circle.";
    ROLLUP "F0404" "a rollup that cannot be kept" "A rollup counts or sums over a `lines` or `children` field of the same entity, with stored fields of the child.";
    STORED_FORMULA "F0405" "a computed value that is not stored" "Indexes, unique rules and rollups need a stored column; a lookup, or a formula that walks a reference or asks the time, is computed when read.";
    BAD_DEFAULT "F0406" "a default that does not fit the field" "The default must be a value of the field's own type, or an expression that gives one.";
    LINES_PARENT "F0407" "lines without a way back to their parent" "The entity of a `lines` or `children` field needs a reference to this entity; `by:` says which when there are several.";
    TITLE "F0408" "an entity without a usable title" "`title` names the field that stands for the record in links and lists.";
    CONFLICTING_KEYS "F0409" "keys that exclude each other" "Only one of these keys may be given: a field has one source for its value.";
    SEQUENCE_PATTERN "F0410" "a sequence pattern that cannot count" "A pattern holds exactly one run of `{###}` for the number, and may hold `{YYYY}`, `{YY}`, `{MM}`, `{DD}`; `per:` must fit what it prints.";
    ATTRIBUTE "F0411" "an attribute that is not given everywhere" "An extra key of options or stages becomes an attribute when every living one gives it, of one type; otherwise it is taken for a slip.";
    UNIQUE_FIELDS "F0412" "a unique rule that cannot be enforced" "Unique rules hold over stored fields of the entity itself, with a portable condition over its own stored fields.";
    MANY "F0413" "a field that cannot hold many" "This type or key does not work with `many: true`.";

    NOT_FOLLOWED "F0415" "a computed field that does not follow what it reads" "A computed field follows the records that references lead to, its own list of rows, and the list of rows of a record that references lead to. What is read further on is worked out when the record is saved, and not when those change: compute it in the record between, and read that.";
    COPY "F0414" "a copy that follows no reference" "`copy` takes a value when a reference is chosen, so it is a path that begins with one: `phone: {type: phone, copy: account.phone}`. A value made from the record itself is a `compute` or a `formula`.";

    SECRET "F0416" "a secret that would be read" "A `secret` is written and never read: it is kept sealed, and stands in no list, filter, order, index, formula, message, default or data row. Expressions may ask whether there is one: `token != ()`.";

    PIPELINE "F0501" "a pipeline that cannot run" "A pipeline needs an entity, a field of its own and at least one stage.";
    UNKNOWN_STAGE "F0502" "an unknown stage" "The name is not among the pipeline's stages.";

    VIEW "F0601" "a view that cannot be shown" "Columns, sort and group name fields of the view's entity.";
    FORM "F0602" "a form that cannot be shown" "A form's sections name fields of its entity, each once.";
    MENU "F0603" "a menu entry that leads nowhere" "Menu entries name an entity or a view.";

    DATA_ROW "F0701" "a data row that cannot be loaded" "Rows give fields of the entity; references name another row or an external key.";
    MAPPING "F0702" "a mapping that cannot be used" "A mapping names an entity, columns of the file and the fields they fill.";
    SCENARIO "F0703" "a test that cannot run" "Steps are those of the language, and name records and people that the test knows.";
    TRANSLATION "F0704" "a translation of nothing" "The path names no text of a definition.";

    PACK_MISSING "F0801" "a pack that is not there" "The workspace names a pack that could not be found.";
    PACK_VERSION "F0802" "a pack of the wrong version" "A pack requires another in a version that is not at hand.";
    DUPLICATE_PACK "F0803" "two packs of one name" "Pack names are unique in a workspace.";
    OVERLAY_TARGET "F0804" "an overlay of nothing" "`extend:` names a document that no loaded pack declares.";
    OVERLAY_DECLARES "F0805" "an overlay declares what is already there" "A field with a type, or a step with a verb, declares; this one exists already. Leave out the defining key to change it, or `replace` it.";
    OVERLAY_CHANGES "F0806" "an overlay changes what is not there" "Without a defining key an entry changes one that exists; this one does not.";
    OVERLAY_CONFLICT "F0807" "two packs disagree" "Two packs that do not know each other set the same key to different values. Let the workspace settle it, or let one pack require the other.";
    OVERLAY_PATH "F0808" "a path of `place`, `remove` or `replace` that leads nowhere" "The path must lead to an entry of the document that is extended.";
    WORKSPACE "F0809" "a workspace that cannot be loaded" "A workspace folder holds a `workspace.yaml` with one `workspace:` document.";
    SIMILAR_NAME "F0810" "a new name that resembles an existing one" "The overlay adds an entry whose name is nearly that of an existing one. If it was meant to change that one, correct the name.";
    REMOVED_IN_USE "F0811" "something removed is still used" "Behaviour that names a removed field cannot work. Remove or change it too.";
    LOCK "F0812" "a pack that differs from the lock" "`workspace.lock` records the version and hash of each pack; this pack has changed since. A stock pack changes with the program, so that is a warning; any other pack must not change unseen, so it is an error until you have looked at the change and run `fichero pack lock`.";
    LOCK_BROKEN "F0813" "a lock that cannot be understood" "`workspace.lock` holds an entry for each pack: `base: {version: 1.0.0, hash: sha256-…}`. What stands here is none, so it would protect nothing. Put the file back as it was, from version control; or look at what the packs hold now, remove it and run `fichero pack lock`.";
    LOCK_LACKS "F0814" "a pack that the lock does not hold" "There is a `workspace.lock`, and it says nothing of this pack, so that nobody would be told if it changed. `fichero pack lock` takes note of it, and so does `fichero apply`.";

    NOT_YET_KIND "F0901" "a kind of document this release does not run yet" "The document is well-formed, but this release does not act on its kind. Remove it for now; nothing would happen by it.";
    NOT_YET_TYPE "F0902" "a type this release does not store yet" "The type belongs to the language but is not stored by this release yet.";
    NOT_YET_KEY "F0903" "a key this release does not act on yet" "The key belongs to the language but this release does not act on it yet, and nothing is done half.";

    SENSITIVE_CHANGE "F1001" "a change that would lose or reinterpret data" "The plan holds a step that needs consent: run `fichero plan`, read it, and apply it with `fichero apply --consent HASH`.";
    DRIFT "F1002" "the database differs from what was recorded" "Somebody changed tables or columns by hand. The message lists what differs.";
    UNSAFE_KIND_CHANGE "F1003" "a stored kind that cannot become the other" "The stored values of the old kind cannot be converted without guessing. Give the field a new name, and fill it from the old one.";
    UNFILLED "F1004" "old records that could not be filled" "A field that is new, computed in another way or newly required is filled in the records that were there before. Some could not be: the message says how many and what was in the way of the first. The others were filled, and these stay as they were. Mend the definition or the records; `fichero apply` tries again.";
}
