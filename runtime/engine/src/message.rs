//! The runtime's own sentences, in English, Spanish and Russian.
//!
//! A message is a key with arguments, turned into text for its reader at the very end, or a text that an author wrote
//! in a definition. `{0}`, `{1}` … stand for the arguments, `{0:minute|minutes}` for the form of a word that goes with
//! the number in one: two forms in English and Spanish, three in Russian.

use std::sync::Arc;

use fichero_model::label::{Locale, Text};

/// A sentence for people that is not yet in a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// One of the runtime's own sentences.
    Own {
        /// Which.
        key: &'static str,
        /// What fills `{0}`, `{1}` ….
        arguments: Vec<Argument>,
    },
    /// A sentence of a definition, with its values filled in for each language.
    Authored(Arc<Text>),
}

/// What fills a place in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// The same in each language.
    Plain(String),
    /// A label of a definition.
    Label(Text),
    /// Another sentence.
    Told(Box<Message>),
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Argument::Plain(text)
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Argument::Plain(text.to_owned())
    }
}

impl From<&Text> for Argument {
    fn from(text: &Text) -> Self {
        Argument::Label(text.clone())
    }
}

impl Message {
    /// A sentence without arguments.
    pub fn key(key: &'static str) -> Self {
        Message::Own { key, arguments: Vec::new() }
    }

    /// A sentence with arguments.
    pub fn with<A: Into<Argument>>(key: &'static str, arguments: impl IntoIterator<Item = A>) -> Self {
        Message::Own { key, arguments: arguments.into_iter().map(Into::into).collect() }
    }

    /// The sentence in a language.
    pub fn text(&self, locale: Locale) -> String {
        match self {
            Message::Authored(text) => text.get(locale).to_owned(),
            Message::Own { key, arguments } => {
                let argument = |argument: &'_ Argument| match argument {
                    Argument::Plain(text) => text.clone(),
                    Argument::Label(label) => label.get(locale).to_owned(),
                    Argument::Told(message) => message.text(locale),
                };
                let arguments: Vec<String> = arguments.iter().map(argument).collect();
                let mut text = sentence(key, locale).to_owned();
                for (index, argument) in arguments.iter().enumerate() {
                    text = with_form(&text, index, argument, locale);
                }
                for (index, argument) in arguments.iter().enumerate() {
                    text = text.replace(&format!("{{{index}}}"), argument);
                }
                text
            }
        }
    }
}

/// A sentence with the form of a word chosen by a number.
fn with_form(text: &str, index: usize, number: &str, locale: Locale) -> String {
    let chosen = || {
        let (before, rest) = text.split_once(&format!("{{{index}:"))?;
        let (forms, behind) = rest.split_once('}')?;
        let forms: Vec<&str> = forms.split('|').collect();
        let form = forms.get(form_of(number.parse().ok()?, locale)).or(forms.last())?;
        Some(format!("{before}{form}{behind}"))
    };
    chosen().unwrap_or_else(|| text.to_owned())
}

/// Which form of a word goes with a number.
fn form_of(n: u64, locale: Locale) -> usize {
    match (locale.as_str(), n % 10, n % 100) {
        ("ru", 1, tens) if tens != 11 => 0,
        ("ru", 2..=4, tens) if !(12..=14).contains(&tens) => 1,
        ("ru", ..) => 2,
        _ => usize::from(n != 1),
    }
}

/// The sentence of a key in a language; English where there is none in it, the key itself where there is none at all.
fn sentence(key: &'static str, locale: Locale) -> &'static str {
    let Some((_, en, es, ru)) = SENTENCES.iter().find(|(known, ..)| *known == key) else { return key };
    match locale.as_str() {
        "es" => es,
        "ru" => ru,
        _ => en,
    }
}

/// Key, English, Spanish, Russian.
#[rustfmt::skip]
const SENTENCES: &[(&str, &str, &str, &str)] = &[
    ("invalid", "Some values are not acceptable", "Algunos valores no son válidos", "Некоторые значения недопустимы"),
    ("not_found", "There is no such record", "No existe ese registro", "Такой записи нет"),
    ("nothing_here", "In this release there is nothing at this address", "En esta versión no hay nada en esta dirección", "В этой версии по этому адресу ничего нет"),
    ("unknown_entity", "There is no entity “{0}”", "No existe la entidad «{0}»", "Нет сущности «{0}»"),
    ("forbidden", "You may not do this", "No tiene permiso para hacer esto", "У вас нет прав на это действие"),
    ("unauthenticated", "Please sign in", "Inicie sesión", "Войдите в систему"),
    ("bad_credentials", "The log-in or the password is wrong", "El usuario o la contraseña no son correctos", "Неверное имя или пароль"),
    ("locked", "Too many failed attempts; try again in {0} {0:minute|minutes}", "Demasiados intentos fallidos; inténtelo de nuevo en {0} {0:minuto|minutos}", "Слишком много неудачных попыток; попробуйте снова через {0} {0:минуту|минуты|минут}"),
    ("administrators_only", "This page is for administrators. One of them can look here for you, or make you one.", "Esta página es para administradores. Cualquiera de ellos puede mirar aquí por usted o darle acceso.", "Эта страница для администраторов. Любой из них может посмотреть за вас или дать вам доступ."),
    ("internal", "Something went wrong on our side; it has been recorded", "Algo ha fallado por nuestra parte; ha quedado registrado", "Произошла внутренняя ошибка; она записана"),
    ("definition", "A definition failed: {0}", "Ha fallado una definición: {0}", "Ошибка в определении: {0}"),
    ("unsure", "The database was lost before it answered: whether this was done is not known. Look before you send it again", "Se perdió la base de datos antes de que respondiera: no se sabe si esto se hizo. Compruébelo antes de enviarlo de nuevo", "Связь с базой данных прервалась до ответа: неизвестно, выполнено ли это. Проверьте, прежде чем отправлять снова"),
    ("unavailable", "The database is busy; please try again", "La base de datos está ocupada; inténtelo de nuevo", "База данных занята; попробуйте ещё раз"),
    ("absent", "There is no such record to be changed", "No existe ese registro que modificar", "Нет такой записи, чтобы её изменить"),
    ("stale", "The record was changed by somebody else since you read it", "Otra persona ha modificado el registro desde que lo leyó", "Запись изменена кем-то с тех пор, как вы её прочитали"),
    ("settings", "There are {0} already; change those", "Ya existe «{0}»; modifíquelo", "«{0}»: уже есть; измените их"),
    ("stage_twice", "{0} is what `to` says; leave it out of `set`", "{0} es lo que dice `to`; no lo incluya en `set`", "«{0}» задаётся в `to`; уберите его из `set`"),
    ("not_seconds", "{0} must be a number of seconds", "{0} debe ser un número de segundos", "«{0}» — число секунд"),
    ("present", "There is such a record already", "Ese registro ya existe", "Такая запись уже есть"),
    ("required", "{0} is required", "{0} es obligatorio", "Поле «{0}» обязательно"),
    ("unknown_field", "There is no field “{0}”", "No existe el campo «{0}»", "Нет поля «{0}»"),
    ("unknown_field_near", "There is no field “{0}”; did you mean “{1}”?", "No existe el campo «{0}»; ¿quería decir «{1}»?", "Нет поля «{0}»; возможно, «{1}»?"),
    ("readonly", "{0} cannot be written", "{0} no se puede modificar", "Поле «{0}» нельзя изменить"),
    ("once", "{0} cannot be changed once given", "{0} no se puede cambiar una vez indicado", "Поле «{0}» нельзя изменить после заполнения"),
    ("kept", "{0} only grows: what is there cannot be changed or taken away", "{0} solo crece: lo que hay no se puede cambiar ni quitar", "«{0}» только пополняется: то, что уже есть, нельзя изменить или убрать"),
    ("too_long", "{0} may have at most {1} characters", "{0} puede tener como máximo {1} caracteres", "«{0}»: не более {1} знаков"),
    ("too_short", "{0} must have at least {1} characters", "{0} debe tener al menos {1} caracteres", "«{0}»: не менее {1} знаков"),
    ("too_small", "{0} must be at least {1}", "{0} debe ser como mínimo {1}", "«{0}»: не меньше {1}"),
    ("too_great", "{0} must be at most {1}", "{0} debe ser como máximo {1}", "«{0}»: не больше {1}"),
    ("pattern", "{0} does not have the right form", "{0} no tiene el formato correcto", "«{0}»: неверный формат"),
    ("not_phone", "{0} must be a phone number, such as {1}", "{0} debe ser un número de teléfono, como {1}", "«{0}»: нужен номер телефона, например {1}"),
    ("no_country", "{0}: of which country is {1}? Write it with the country's code, such as {2}", "{0}: ¿de qué país es {1}? Escríbalo con el prefijo del país, como {2}", "«{0}»: из какой страны номер {1}? Напишите его с кодом страны, например {2}"),
    ("unknown_dial", "{0}: no country has the code of {1}", "{0}: ningún país tiene el prefijo de {1}", "«{0}»: ни у одной страны нет кода, с которого начинается {1}"),
    ("short_phone", "{0}: {1} is too short for a phone number of {2}", "{0}: {1} es demasiado corto para un teléfono de {2}", "«{0}»: {1} — слишком короткий номер для страны {2}"),
    ("long_phone", "{0}: {1} is too long for a phone number of {2}", "{0}: {1} es demasiado largo para un teléfono de {2}", "«{0}»: {1} — слишком длинный номер для страны {2}"),
    ("short_number", "{0}: {1} is too short for a phone number", "{0}: {1} es demasiado corto para un teléfono", "«{0}»: {1} — слишком короткий номер"),
    ("long_number", "{0}: {1} is too long for a phone number", "{0}: {1} es demasiado largo para un teléfono", "«{0}»: {1} — слишком длинный номер"),
    ("not_text", "{0} must be a text", "{0} debe ser un texto", "«{0}»: нужен текст"),
    ("not_integer", "{0} must be a whole number", "{0} debe ser un número entero", "«{0}»: нужно целое число"),
    ("not_decimal", "{0} must be a number with at most {1} decimals", "{0} debe ser un número con {1} decimales como máximo", "«{0}»: нужно число, не более {1} знаков после запятой"),
    ("out_of_range", "{0} is too large a number", "{0} es un número demasiado grande", "«{0}»: слишком большое число"),
    ("not_currency", "{0} must be a currency code such as EUR", "{0} debe ser un código de moneda, como EUR", "«{0}»: нужен код валюты, например EUR"),
    ("no_amount", "{0}: give the amount that is in {1}, or no currency", "{0}: indique el importe en {1}, o ninguna moneda", "«{0}»: укажите сумму в {1} или не указывайте валюту"),
    ("no_rate", "There is no exchange rate from {0} to {1} on {2}", "No hay tipo de cambio de {0} a {1} el {2}", "Нет курса {0} к {1} на {2}"),
    ("not_boolean", "{0} must be true or false", "{0} debe ser verdadero o falso", "«{0}»: нужно да или нет"),
    ("not_date", "{0} must be a date such as 2026-03-31", "{0} debe ser una fecha, como 2026-03-31", "«{0}»: нужна дата, например 2026-03-31"),
    ("not_time", "{0} must be a time such as 09:30", "{0} debe ser una hora, como 09:30", "«{0}»: нужно время, например 09:30"),
    ("not_datetime", "{0} must be a moment such as 2026-03-31T09:30:00Z", "{0} debe ser una fecha y hora, como 2026-03-31T09:30:00Z", "«{0}»: нужны дата и время, например 2026-03-31T09:30:00Z"),
    ("late_moment", "{0} is too late a moment: the last is {1}", "{0} es un momento demasiado tardío: el último es {1}", "«{0}»: слишком поздний момент, последний — {1}"),
    ("not_amount", "{0} must be the amount alone, such as \"12.50\"; the currency stands beside it, as {1}", "{0} debe ser solo el importe, como \"12.50\"; la moneda va aparte, en {1}", "«{0}»: нужна одна сумма, например \"12.50\"; валюта указывается рядом, в {1}"),
    ("not_number", "{0} must be a number", "{0} debe ser un número", "«{0}»: нужно число"),
    ("last_administrator", "{0} cannot be taken away: this is the last administrator who may log in", "{0} no se puede quitar: es el último administrador que puede entrar", "«{0}» нельзя убрать: это последний администратор, который может войти"),
    ("last_administrator_stays", "The last administrator who may log in cannot be deleted", "No se puede eliminar al último administrador que puede entrar", "Последнего администратора, который может войти, нельзя удалить"),
    ("not_duration", "{0} must be a duration in seconds, or such as 1:30 (hours and minutes)", "{0} debe ser una duración en segundos, o como 1:30 (horas y minutos)", "«{0}»: нужна длительность в секундах или вида 1:30 (часы и минуты)"),
    ("not_option", "{0}: “{1}” is not one of the options", "{0}: «{1}» no es una de las opciones", "«{0}»: нет варианта «{1}»"),
    ("not_option_near", "{0}: “{1}” is not one of the options; did you mean “{2}”?", "{0}: «{1}» no es una de las opciones; ¿quería decir «{2}»?", "«{0}»: нет варианта «{1}»; возможно, «{2}»?"),
    ("retired_option", "{0}: “{1}” can no longer be chosen", "{0}: «{1}» ya no se puede elegir", "«{0}»: вариант «{1}» больше нельзя выбрать"),
    ("not_reference", "{0} must be the id of a record", "{0} debe ser el identificador de un registro", "«{0}»: нужен идентификатор записи"),
    ("reference_kind", "{0} must name the entity too, such as {1}:ID", "{0} debe nombrar también la entidad, como {1}:ID", "«{0}»: укажите и сущность, например {1}:ID"),
    ("reference_missing", "{0}: there is no such record", "{0}: no existe ese registro", "«{0}»: такой записи нет"),
    ("reference_named", "{0}: there is no record called “{1}”", "{0}: no existe ningún registro llamado «{1}»", "«{0}»: нет записи «{1}»"),
    ("reference_alike", "{0}: there is no record called “{1}”, and none can be made, because one is called the same but for case, accents or spaces", "{0}: no existe ningún registro llamado «{1}» ni se puede crear, porque otro se llama igual salvo por mayúsculas, acentos o espacios", "«{0}»: нет записи «{1}», и создать её нельзя: есть другая, которая отличается только регистром, диакритикой или пробелами"),
    ("reference_ambiguous", "{0}: “{1}” fits more than one record", "{0}: «{1}» corresponde a más de un registro", "«{0}»: «{1}» подходит к нескольким записям"),
    ("nul", "{0} holds a NUL character, which no text may hold", "{0} contiene un carácter NUL, que ningún texto admite", "«{0}» содержит символ NUL, недопустимый в тексте"),
    ("not_utf8", "{0} is not text in {1}", "{0} no es texto en {1}", "«{0}» — не текст в кодировке {1}"),
    ("not_utf8_but", "{0} is not text in UTF-8; in {1} it says “{2}”: name the encoding of the file", "{0} no es texto en UTF-8; en {1} dice «{2}»: indique la codificación del archivo", "«{0}» — не текст в UTF-8; в кодировке {1} это «{2}»: укажите кодировку файла"),
    ("cell_too_long", "The cell in the column {0} is longer than {1} MiB", "La celda de la columna {0} ocupa más de {1} MiB", "Ячейка в столбце {0} больше {1} МиБ"),
    ("cell_failed", "{0}: the cell shows {1}, for its formula failed", "{0}: la celda muestra {1}, porque su fórmula ha fallado", "«{0}»: в ячейке {1}, так как её формула не сработала"),
    ("not_json_line", "The line is no JSON object: {0}", "La línea no es un objeto JSON: {0}", "Строка не является объектом JSON: {0}"),
    ("number_unclear", "{0}: “{1}” could be read in two ways; write the number without separators of thousands", "{0}: «{1}» se puede leer de dos maneras; escriba el número sin separador de miles", "«{0}»: «{1}» можно прочесть двояко; напишите число без разделителя тысяч"),
    ("quote_open", "The quote that opens in line {0} is never closed", "La comilla que se abre en la línea {0} no se cierra nunca", "Кавычка, открытая в строке {0}, нигде не закрыта"),
    ("quote_behind", "In line {0} text stands behind a closing quote; a quote inside a quoted text is written twice", "En la línea {0} hay texto detrás de una comilla de cierre; dentro de un texto entre comillas, una comilla se escribe dos veces", "В строке {0} за закрывающей кавычкой стоит текст; кавычка внутри текста в кавычках пишется дважды"),
    ("value_lost", "{0}: the mapping makes nothing of “{1}”", "{0}: la asignación no saca nada de «{1}»", "«{0}»: из «{1}» ничего не получается"),
    ("not_in_form", "{0} must be written as {1}", "{0} debe escribirse como {1}", "«{0}»: нужна запись вида {1}"),
    ("ragged", "The row has {0} cells, and the heading {1}", "La fila tiene {0} celdas y el encabezado {1}", "В строке {0} ячеек, а в заголовке {1}"),
    ("import_lost", "Somebody else has taken this import up again, or taken it back; what was written until then stays with it", "Otra persona ha reanudado o deshecho esta importación; lo escrito hasta entonces queda en ella", "Этот импорт продолжил или отменил кто-то другой; записанное до этого остаётся за ним"),
    ("import_broken_off", "Batch {0} of this file broke off at row {1} (mapping: {2}; matched by: {3}). Run the same command again with the same mapping, options and definitions to go on with it, take it back with `--undo {0}`, or say `--anew` to begin at the first row", "El lote {0} de este archivo se interrumpió en la fila {1} (asignación: {2}; identificación por: {3}). Repita la misma orden con la misma asignación, las mismas opciones y definiciones para continuarlo, deshágalo con `--undo {0}` o indique `--anew` para empezar por la primera fila", "Пакет {0} этого файла прервался на строке {1} (соответствие: {2}; сопоставление по: {3}). Повторите ту же команду с тем же соответствием, параметрами и определениями, чтобы продолжить, отмените его через `--undo {0}` или укажите `--anew`, чтобы начать с первой строки"),
    ("said", "{0}", "{0}", "{0}"),
    ("takes", "{0} takes {1}", "{0} admite {1}", "{0} принимает {1}"),
    ("column_twice", "Two columns fill {0}", "Dos columnas rellenan {0}", "Два столбца заполняют «{0}»"),
    ("bad_expression", "The expression cannot be used: {0}", "No se puede usar la expresión: {0}", "Выражение нельзя применить: {0}"),
    ("import_file", "The file cannot be imported: {0}", "No se puede importar el archivo: {0}", "Файл нельзя импортировать: {0}"),
    ("import_file_unknown", "There is no such file of yours; upload it first, and within a day", "No hay ningún archivo suyo así; súbalo antes, y en el mismo día", "Такого вашего файла нет; сначала загрузите его, не раньше чем за сутки"),
    ("import_mapping_unknown", "There is no mapping “{0}” for this entity", "No hay ninguna asignación «{0}» para esta entidad", "Для этой сущности нет соответствия «{0}»"),
    ("import_changed", "The definitions have changed since this import began, so that going on would mix two ways. Take it back, or import the rest anew", "Las definiciones han cambiado desde que empezó esta importación, y continuarla mezclaría dos maneras. Deshágala o importe el resto de nuevo", "Определения изменились с начала этого импорта, и продолжение смешало бы два способа. Отмените его или импортируйте остальное заново"),
    ("import_under_way", "Import {0} of this file is not at its end. Wait for it, cancel it or take it back; `anew` begins all the same", "La importación {0} de este archivo no ha terminado. Espere, cancélela o deshágala; `anew` empieza de todos modos", "Импорт {0} этого файла не завершён. Дождитесь его, остановите или отмените; `anew` начнёт в любом случае"),
    ("import_many", "{0} imports wait already; try again when some have ended", "Ya hay {0} importaciones en espera; inténtelo cuando hayan terminado algunas", "Уже ждут {0} импортов; попробуйте, когда часть завершится"),
    ("import_ended", "Import {0} is at its end already", "La importación {0} ya ha terminado", "Импорт {0} уже завершён"),
    ("import_dry", "Import {0} was a dry run: there is nothing to take back", "La importación {0} fue una simulación: no hay nada que deshacer", "Импорт {0} был пробным: отменять нечего"),
    ("import_no_rejects", "Import {0} has no rejected rows", "La importación {0} no tiene filas rechazadas", "У импорта {0} нет отклонённых строк"),
    ("import_unknown", "There is no import {0}", "No existe la importación {0}", "Импорта {0} нет"),
    ("import_undone", "Import {0} was taken back already, on {1}: {2} records reversed, {3} kept because they were edited since", "La importación {0} ya se deshizo el {1}: {2} registros revertidos, {3} conservados porque se modificaron después", "Импорт {0} уже отменён {1}: возвращено записей — {2}, оставлено изменённых позже — {3}"),
    ("undo_gone", "The entity has left the definitions", "La entidad ya no está en las definiciones", "Сущности больше нет в определениях"),
    ("undo_erased", "The former values were erased from the history", "Los valores anteriores se borraron del historial", "Прежние значения стёрты из истории"),
    ("undo_sensitive", "The history does not keep what {0} held", "El historial no guarda lo que contenía {0}", "История не хранит прежнее значение «{0}»"),
    ("undo_blocked", "{0}: {1}", "{0}: {1}", "{0}: {1}"),
    ("match_empty", "{0} is empty, and rows are matched by it", "{0} está vacío, y las filas se identifican por él", "«{0}» пусто, а строки сопоставляются по нему"),
    ("match_ambiguous", "More than one record has the same {0}: {1}", "Más de un registro tiene el mismo valor de {0}: {1}", "Несколько записей с тем же значением {0}: {1}"),
    ("match_found", "There is such a record already: {0}", "Ese registro ya existe: {0}", "Такая запись уже есть: {0}"),
    ("reference_choice", "{0}: this record cannot be chosen here", "{0}: este registro no se puede elegir aquí", "«{0}»: эту запись здесь нельзя выбрать"),
    ("several_parted", "{0}: there is no “{1}”; several values in one cell are parted by “;”", "{0}: no existe «{1}»; varios valores en una celda se separan con «;»", "«{0}»: нет «{1}»; несколько значений в одной ячейке разделяются знаком «;»"),
    ("made_already", "{0} cannot be given to a record that is there already", "{0} no se puede dar a un registro que ya existe", "«{0}» нельзя задать записи, которая уже есть"),
    ("not_list", "{0} must be a list", "{0} debe ser una lista", "«{0}»: нужен список"),
    ("not_json", "{0} is not valid JSON: {1}", "{0} no es JSON válido: {1}", "«{0}» — не JSON: {1}"),
    ("not_object", "{0} must be an object", "{0} debe ser un objeto", "«{0}»: нужен объект"),
    ("too_few_values", "{0} must hold at least {1} {1:value|values}", "{0} debe tener al menos {1} {1:valor|valores}", "«{0}»: не менее {1} {1:значения|значений|значений}"),
    ("too_many_values", "{0} may hold at most {1} values", "{0} puede tener como máximo {1} valores", "«{0}»: не более {1} значений"),
    ("password_short", "A password has at least {0} characters", "Una contraseña tiene al menos {0} caracteres", "В пароле не меньше {0} знаков"),
    ("unknown_line", "{0}: there is no such line in this record", "{0}: no existe esa línea en este registro", "«{0}»: такой строки в записи нет"),
    ("repeated_line", "{0}: this line is given twice", "{0}: esta línea se indica dos veces", "«{0}»: эта строка указана дважды"),
    ("unique", "{0} is already taken by another record", "{0} ya lo tiene otro registro", "«{0}»: такое значение уже есть у другой записи"),
    ("duplicate", "There is likely the same record already: {0}", "Probablemente ya existe el mismo registro: {0}", "Похоже, такая запись уже есть: {0}"),
    ("unique_together", "Another record already has the same {0}", "Otro registro ya tiene el mismo valor en {0}", "Уже есть запись с теми же полями: {0}"),
    ("overlap", "Another record with the same {0} overlaps this time", "Otro registro con el mismo valor en {0} se solapa con este tiempo", "Это время пересекается с другой записью с теми же полями: {0}"),
    ("tree_own", "{0} cannot be the record itself", "{0} no puede ser el propio registro", "«{0}» — не сама запись"),
    ("tree_circle", "{0}: {1} lies below this record itself", "{0}: {1} está por debajo de este mismo registro", "«{0}»: {1} находится ниже самой этой записи"),
    ("no_key", "{0} cannot be kept: this server has no key for secrets. Set FICHERO_KEY, made with `openssl rand -base64 32`", "{0} no se puede guardar: este servidor no tiene clave para secretos. Defina FICHERO_KEY, creada con `openssl rand -base64 32`", "«{0}» не сохранить: у сервера нет ключа для секретов. Задайте FICHERO_KEY, созданный командой `openssl rand -base64 32`"),
    ("ends_before_start", "{0} is before {1}", "{0} es anterior a {1}", "«{0}» раньше, чем «{1}»"),
    ("so_many", "{0} ({1})", "{0} ({1})", "«{0}» ({1})"),
    ("listed", "{0}, {1}", "{0}, {1}", "{0}, {1}"),
    ("restrict", "It cannot be deleted while it is used by {0}", "No se puede eliminar mientras lo use {0}", "Нельзя удалить: используется в {0}"),
    ("restrict_trashed", "It cannot be removed for good while {0} in the trash still refer to it; remove those for good first, or restore and change them", "No se puede eliminar definitivamente mientras haya en la papelera {0} que lo usan; elimínelos antes definitivamente, o restáurelos y cámbielos", "Нельзя удалить навсегда: в корзине на неё ссылаются {0}; сначала удалите их навсегда или восстановите и измените"),
    ("restore_first", "It cannot be restored while what it refers to is in the trash: {0}; restore that first", "No se puede restaurar mientras esté en la papelera aquello a lo que se refiere: {0}; restáurelo antes", "Нельзя восстановить, пока в корзине то, на что она ссылается: {0}; сначала восстановите это"),
    ("merge_self", "A record cannot be merged into itself", "Un registro no se puede combinar consigo mismo", "Запись нельзя объединить с самой собой"),
    ("merge_unknown", "“{0}” is no field whose value can be taken over", "«{0}» no es un campo cuyo valor se pueda conservar", "«{0}» — не поле, значение которого можно взять"),
    ("merge_take", "{0} must be a list of names of fields", "{0} debe ser una lista de nombres de campos", "{0} должен быть списком имён полей"),
    ("merge_undo_first", "The record it was merged into was itself merged since: restore {0} first", "El registro con el que se combinó se ha combinado después con otro: restaure antes {0}", "Запись, с которой её объединили, сама объединена с другой: сначала восстановите {0}"),
    ("transition", "{0} cannot go from “{1}” to “{2}”", "{0} no puede pasar de «{1}» a «{2}»", "«{0}»: переход из «{1}» в «{2}» невозможен"),
    ("stage_requires", "{0} is required in stage “{1}”", "{0} es obligatorio en la etapa «{1}»", "«{0}» обязательно на этапе «{1}»"),
    ("no_pipeline", "This record has no pipeline", "Este registro no tiene proceso", "У этой записи нет воронки"),
    ("append_only", "These records can be added, but neither changed nor deleted", "Estos registros se pueden añadir, pero no modificar ni eliminar", "Эти записи можно добавлять, но нельзя изменять и удалять"),
    ("append_only_parent", "These records come with the one they belong to, which is never changed", "Estos registros se crean con aquel al que pertenecen, que no se modifica nunca", "Эти записи добавляются вместе с той, к которой относятся, а её нельзя изменять"),
    ("in_trash", "The record is in the trash", "El registro está en la papelera", "Запись в корзине"),
    ("not_in_trash", "The record is not in the trash", "El registro no está en la papelera", "Записи нет в корзине"),
    ("bad_json", "The body is not valid JSON: {0}", "El cuerpo no es JSON válido: {0}", "Тело запроса не является JSON: {0}"),
    ("bad_filter", "The filter cannot be used: {0}", "No se puede usar el filtro: {0}", "Фильтр нельзя применить: {0}"),
    ("too_exact", "The number {0} has more digits than a number in JSON keeps; write it as a text, in quotes", "El número {0} tiene más cifras de las que conserva un número en JSON; escríbalo como texto, entre comillas", "В числе {0} больше цифр, чем хранит число в JSON; запишите его текстом, в кавычках"),
    ("unstorable", "The database does not take this: {0}", "La base de datos no admite esto: {0}", "База данных этого не принимает: {0}"),
    ("blanks_around", "{0}: blanks before or behind a value are no part of it", "{0}: los espacios antes o después de un valor no forman parte de él", "«{0}»: пробелы до или после значения в него не входят"),
    ("not_comparable", "“{0}” cannot be compared with a value; ask with where", "«{0}» no se puede comparar con un valor; pregunte con where", "«{0}» нельзя сравнить со значением; спросите через where"),
    ("sensitive", "“{0}” is sensitive and is not exported", "«{0}» es confidencial y no se exporta", "Поле «{0}» конфиденциально и не выгружается"),
    ("bad_path", "“{0}” does not lead through references to one record each", "«{0}» no pasa por referencias a un solo registro cada una", "«{0}» не ведёт по ссылкам на одну запись каждая"),
    ("bad_sort", "Cannot sort by “{0}”", "No se puede ordenar por «{0}»", "Нельзя сортировать по «{0}»"),
    ("bad_cursor", "The cursor does not fit this query", "El cursor no corresponde a esta consulta", "Курсор не подходит к этому запросу"),
    ("search_empty", "q must hold a letter or a digit to look for", "q debe contener una letra o una cifra que buscar", "q должен содержать букву или цифру для поиска"),
    ("search_long", "q may have at most {0} characters, not {1}", "q puede tener como máximo {0} caracteres, no {1}", "q может содержать не более {0} символов, а не {1}"),
    ("search_entity", "There is no entity “{0}” to search in", "No hay ninguna entidad «{0}» en la que buscar", "Нет сущности «{0}», в которой можно искать"),
    ("search_nothing", "Nothing of “{0}” is searched: mark a text of it with search: true", "No se busca en nada de «{0}»: marque uno de sus textos con search: true", "В «{0}» ничего не ищется: отметьте один из текстов как search: true"),
    ("bad_limit", "limit must be 1 to {0}, not {1}", "limit debe ser de 1 a {0}, no {1}", "limit должен быть от 1 до {0}, а не {1}"),
    ("bad_value", "{0} must be one of {1}, not {2}", "{0} debe ser uno de {1}, no {2}", "{0} должен быть одним из: {1}, а не {2}"),
    ("repeated_parameter", "{0} is given twice", "{0} se indica dos veces", "{0} указан дважды"),
    ("bad_address", "The address holds what is not text in UTF-8 behind its percent signs", "La dirección contiene, tras los signos de porcentaje, algo que no es texto en UTF-8", "Адрес содержит после знаков процента не текст в UTF-8"),
    ("nul_address", "The address holds a NUL character (%00), which no value can have", "La dirección contiene un carácter NUL (%00), que ningún valor puede tener", "Адрес содержит символ NUL (%00), которого не может быть ни в одном значении"),
    ("bad_tags", "{0} must be a list of entity tags in quotation marks, or *", "{0} debe ser una lista de etiquetas de entidad entre comillas, o *", "{0} должен быть списком меток сущностей в кавычках или *"),
    ("only_absent", "Of a change If-None-Match can only say *: make the record if there is none", "En una modificación If-None-Match solo puede decir *: crear el registro si no existe", "При изменении If-None-Match может быть только *: создать запись, если её нет"),
    ("bad_key", "Idempotency-Key must be one text of 1 to 255 ASCII characters", "Idempotency-Key debe ser un solo texto de 1 a 255 caracteres ASCII", "Idempotency-Key должен быть одной строкой из 1–255 знаков ASCII"),
    ("other_key", "{0} differs from the one in the address", "{0} difiere del de la dirección", "«{0}» отличается от указанного в адресе"),
    ("no_address", "There is no such address", "No existe esa dirección", "Такого адреса нет"),
    ("no_method", "This address does not take this method", "Esta dirección no admite este método", "Этот адрес не поддерживает такой метод"),
    ("bad_request", "The request cannot be read", "La petición no se puede leer", "Запрос не удаётся прочитать"),
    ("timeout", "This took too long; please try again", "Ha tardado demasiado; inténtelo de nuevo", "Это заняло слишком много времени; попробуйте ещё раз"),
    ("password_long", "A password has at most {0} bytes", "Una contraseña tiene como máximo {0} bytes", "В пароле не больше {0} байт"),
    ("repeated_output", "Two results are called “{0}”; rename one of them, as in total:sum(amount)", "Dos resultados se llaman «{0}»; cambie el nombre de uno, como en total:sum(amount)", "Два результата называются «{0}»; переименуйте один, например total:sum(amount)"),
    ("bulk_item", "{0}: {1}", "{0}: {1}", "{0}: {1}"),
    ("bad_parameter", "The parameter “{0}” has no meaning here", "El parámetro «{0}» no tiene sentido aquí", "Параметр «{0}» здесь не имеет смысла"),
    ("bad_expand", "“{0}” is not a reference that can be expanded", "«{0}» no es una referencia que se pueda expandir", "«{0}» — не ссылка, её нельзя раскрыть"),
    ("bad_measure", "“{0}” is not a measure: write count(), or sum, avg, min or max of something, such as sum(amount)", "«{0}» no es una medida: escriba count(), o sum, avg, min o max de algo, como sum(amount)", "«{0}» — не показатель: напишите count() или sum, avg, min, max от чего-либо, например sum(amount)"),
    ("measure_number", "“{0}” is not a measure: only numbers, money and durations have a sum and an average", "«{0}» no es una medida: solo los números, el dinero y las duraciones tienen suma y media", "«{0}» — не показатель: сумма и среднее есть только у чисел, денег и длительностей"),
    ("measure_order", "“{0}” is not a measure: only numbers, money, durations, dates and times have a least and a greatest value", "«{0}» no es una medida: solo los números, el dinero, las duraciones, las fechas y las horas tienen mínimo y máximo", "«{0}» — не показатель: наименьшее и наибольшее есть только у чисел, денег, длительностей, дат и времени"),
    ("idempotency_mismatch", "This Idempotency-Key was used with another body", "Esta Idempotency-Key ya se usó con otro cuerpo", "Этот Idempotency-Key уже использован с другим телом"),
    ("too_many_commands", "One request may hold at most {0} commands, not {1}", "Una petición puede contener como máximo {0} órdenes, no {1}", "В одном запросе не больше {0} команд, а не {1}"),
    ("upload_too_large", "A file may have at most {0}", "Un archivo puede tener como máximo {0}", "Файл может быть не больше {0}"),
    ("file_empty", "The file is empty", "El archivo está vacío", "Файл пуст"),
    ("not_file", "“{0}” takes the id of an uploaded file", "«{0}» lleva el identificador de un archivo subido", "«{0}» принимает идентификатор загруженного файла"),
    ("file_missing", "“{0}” names no upload of yours that is still free: upload the file again", "«{0}» no nombra ninguna subida suya que siga libre: suba el archivo de nuevo", "«{0}» не указывает на вашу свободную загрузку: загрузите файл снова"),
    ("file_taken", "The file for “{0}” belongs to another record: upload it again for this one", "El archivo para «{0}» pertenece a otro registro: súbalo de nuevo para este", "Файл для «{0}» принадлежит другой записи: загрузите его снова для этой"),
    ("file_type", "“{0}” takes {1}; “{2}” is {3}", "«{0}» admite {1}; «{2}» es {3}", "«{0}» принимает {1}; «{2}» — это {3}"),
    ("file_size", "“{0}” takes files of at most {1}; “{2}” has {3}", "«{0}» admite archivos de {1} como máximo; «{2}» tiene {3}", "«{0}» принимает файлы не больше {1}; в «{2}» {3}"),
    ("file_over", "“{0}” may have at most {1}", "«{0}» puede tener como máximo {1}", "«{0}»: размер не больше {1}"),
    ("files_not_imported", "“{0}” holds files, and a table has none: leave it out of the mapping, and upload the files in the pages or with POST /api/files", "«{0}» contiene archivos, y una tabla no los tiene: quítelo de la correspondencia y suba los archivos en las páginas o con POST /api/files", "«{0}» хранит файлы, а в таблице их нет: уберите поле из соответствия и загрузите файлы на страницах или через POST /api/files"),
    ("file_again", "“{0}” did not come along; choose it again", "«{0}» no ha llegado; elíjalo de nuevo", "«{0}» не пришёл; выберите его снова"),
    ("files_too_many", "At most {0} files come with one form; save, and add “{1}” then", "Con un formulario llegan como máximo {0} archivos; guarde y añada «{1}» después", "С одной формой приходит не больше {0} файлов; сохраните и добавьте «{1}» потом"),
    ("one_file", "Send one file: its bytes with their Content-Type, or multipart/form-data with one file in it", "Envíe un archivo: sus bytes con su Content-Type, o multipart/form-data con un solo archivo", "Отправьте один файл: его байты с их Content-Type или multipart/form-data с одним файлом"),
    ("upload_cut", "The file did not come whole; send it again", "El archivo no llegó entero; envíelo de nuevo", "Файл пришёл не целиком; отправьте его снова"),
    ("too_large", "The request is too large", "La petición es demasiado grande", "Запрос слишком большой"),
    ("not_external", "“{0}” is not an external key of this entity", "«{0}» no es una clave externa de esta entidad", "«{0}» — не внешний ключ этой сущности"),
    ("foreign_post", "The form was sent from another site; open the page here and send it again", "El formulario se envió desde otro sitio; abra la página aquí y envíelo de nuevo", "Форма отправлена с другого сайта; откройте страницу здесь и отправьте снова"),
    ("expired_form", "This form was opened in another session, so that it is not certain that you sent it; look it over and send it again", "Este formulario se abrió en otra sesión, así que no es seguro que lo enviara usted; revíselo y envíelo de nuevo", "Форма открыта в другом сеансе, и неизвестно, вы ли её отправили; проверьте её и отправьте снова"),
    ("no_token", "What was sent lacks the token that every form of these pages has (_csrf); open the page and send its form", "A lo enviado le falta la marca que lleva todo formulario de estas páginas (_csrf); abra la página y envíe su formulario", "В отправленном нет метки, которая есть у каждой формы этих страниц (_csrf); откройте страницу и отправьте её форму"),
    ("bad_form", "What was sent cannot be read as a form: it must be pairs of names and texts in UTF-8 (application/x-www-form-urlencoded)", "Lo enviado no se puede leer como formulario: deben ser pares de nombres y textos en UTF-8 (application/x-www-form-urlencoded)", "Отправленное не читается как форма: нужны пары имён и текстов в UTF-8 (application/x-www-form-urlencoded)"),
    ("superseded", "The definitions changed meanwhile; please try again", "Las definiciones han cambiado mientras tanto; inténtelo de nuevo", "Определения изменились; попробуйте ещё раз"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_has_the_same_arguments_in_each_language() {
        for (key, en, es, ru) in SENTENCES {
            for index in 0..4 {
                let place = format!("{{{index}}}");
                assert_eq!(en.contains(&place), es.contains(&place), "{key} in Spanish");
                assert_eq!(en.contains(&place), ru.contains(&place), "{key} in Russian");
            }
        }
    }

    #[test]
    fn words_take_the_form_that_goes_with_their_number() {
        let told = |n: u64, tag: &str| {
            let locale = Locale::parse(tag).unwrap_or(Locale::EN);
            let text = Message::with("locked", [n.to_string()]).text(locale);
            text.rsplit(' ').next().unwrap_or_default().to_owned()
        };
        for (n, en, es, ru) in [
            (1, "minute", "minuto", "минуту"),
            (2, "minutes", "minutos", "минуты"),
            (5, "minutes", "minutos", "минут"),
            (11, "minutes", "minutos", "минут"),
            (21, "minutes", "minutos", "минуту"),
            (22, "minutes", "minutos", "минуты"),
        ] {
            assert_eq!([told(n, "en"), told(n, "es"), told(n, "ru")], [en, es, ru], "{n}");
        }
        let foreign = Message::with("bad_parameter", ["{0:a|b}"]).text(Locale::EN);
        assert!(foreign.contains("{0:a|b}"), "what fills a place is no form: {foreign}");
    }

    #[test]
    fn arguments_are_filled_in_for_the_reader() {
        let message = Message::with("required", ["Name"]);
        assert_eq!(message.text(Locale::EN), "Name is required");
        assert_eq!(message.text(Locale::parse("ru").unwrap_or(Locale::EN)), "Поле «Name» обязательно");
    }
}
