// The SQL editor of the workbench: CodeMirror 6 as a Streamlit component. `npm ci && npm run build` writes editor.min.js.
// Data in: text, stamp (a new stamp replaces the text), tables, metrics, label. Out: state `text` when the focus leaves or
// typing pauses, trigger `run` with the text on Ctrl+Enter. The pause is short, so that the text has arrived before a hand
// reaches a button: text and click sent at once may cost the click.
import { autocompletion, closeBrackets, completeFromList } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { keywordCompletionSource, schemaCompletionSource, SQLDialect } from "@codemirror/lang-sql";
import { bracketMatching, indentOnInput, LanguageSupport, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

// What analysts type here: the full dialects rank functions nobody uses above the company's own columns.
const dialect = SQLDialect.define({
  keywords:
    "select from where group by order having limit offset with as recursive join left right full inner cross lateral on using " +
    "union all except intersect distinct case when then else end and or not in is null like ilike between exists values asc desc " +
    "nulls over partition rows range unbounded preceding following current row filter qualify window pivot unpivot " +
    "asof positional exclude replace columns describe summarize show tables true false interval any some cast try_cast",
  types: "bigint integer smallint tinyint hugeint decimal double real boolean varchar text date timestamp time uuid json blob",
  builtin:
    "sum count avg min max median abs round coalesce nullif date_trunc date_part date_diff strftime strptime extract lower upper " +
    "trim length substr replace concat split_part regexp_matches regexp_extract string_agg list unnest generate_series range row_number " +
    "rank dense_rank lag lead first_value last_value ntile greatest least floor ceil quantile_cont arg_max arg_min",
  doubleDollarQuotedStrings: true,
  identifierQuotes: '"',
  operatorChars: "*+-%<>!=&|^/~?:",
  specialVar: "$",
});

const look = EditorView.theme({
  "&": { fontSize: "14px", height: "260px", color: "var(--st-text-color)", backgroundColor: "var(--st-background-color)" },
  "&.cm-focused": { outline: "2px solid var(--st-primary-color)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--st-code-font), monospace", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--st-text-color)" },
  ".cm-cursor": { borderLeftColor: "var(--st-text-color)" },
  ".cm-gutters": { color: "var(--st-gray-text-color)", backgroundColor: "var(--st-secondary-background-color)", border: "none" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--st-primary-color) 6%, transparent)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--st-primary-color) 25%, transparent) !important",
  },
  ".cm-tooltip": {
    color: "var(--st-text-color)",
    backgroundColor: "var(--st-background-color)",
    border: "1px solid var(--st-border-color)",
    borderRadius: "8px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    color: "var(--st-background-color)",
    backgroundColor: "var(--st-primary-color)",
  },
  ".cm-completionDetail": { marginLeft: "1em", opacity: "0.75" },
  ".tok-keyword": { color: "var(--st-primary-color)", fontWeight: "600" },
  ".tok-string, .tok-string2": { color: "var(--st-green-text-color)" },
  ".tok-number, .tok-bool, .tok-null": { color: "var(--st-violet-text-color)" },
  ".tok-typeName": { color: "var(--st-blue-text-color)" },
  ".tok-comment": { color: "var(--st-gray-text-color)", fontStyle: "italic" },
});

function language(data) {
  const tables = {};
  for (const [name, columns] of Object.entries(data.tables || {})) {
    const [schema, table] = name.split(".");
    (tables[schema] ||= {})[table] = columns.map(([label, type]) => ({ label, type: "property", detail: type, boost: 20 }));
  }
  // Columns of every table without its name in front, each once: what one types first.
  const loose = new Map();
  for (const [name, columns] of Object.entries(data.tables || {})) {
    for (const [label, type] of columns) if (!loose.has(label)) loose.set(label, { label, type: "property", detail: type });
    loose.set(name, { label: name, type: "class", detail: "table", boost: 30 });
  }
  const metrics = (data.metrics || []).map(([label, detail, sql]) => ({ label, detail: `metric: ${detail}`, apply: sql, boost: 10 }));
  return new LanguageSupport(dialect.language, [
    dialect.language.data.of({ autocomplete: schemaCompletionSource({ dialect, schema: tables }) }),
    dialect.language.data.of({
      autocomplete: (context) =>
        context.matchBefore(/\.\w*$/) ? null : completeFromList([...loose.values(), ...metrics])(context),
    }),
    dialect.language.data.of({ autocomplete: keywordCompletionSource(dialect, false) }),
  ]);
}

const open = new WeakMap();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let editor = open.get(parentElement);
  if (!editor) {
    editor = { language: new Compartment(), stamp: data.stamp, tables: "", sent: data.text || "", timer: 0 };
    const tell = () => {
      clearTimeout(editor.timer);
      const text = editor.view.state.doc.toString();
      if (text !== editor.sent) {
        editor.sent = text;
        editor.setStateValue("text", text);
      }
    };
    const run = (view) => {
      tell();
      editor.setTriggerValue("run", view.state.doc.toString());
      return true;
    };
    editor.view = new EditorView({
      parent: parentElement.querySelector("#editor"),
      root: parentElement instanceof ShadowRoot ? parentElement : document,
      state: EditorState.create({
        doc: data.text || "",
        extensions: [
          Prec.highest(keymap.of([{ key: "Mod-Enter", run }])),
          lineNumbers(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false, maxRenderedOptions: 60 }),
          highlightActiveLine(),
          highlightSelectionMatches(),
          syntaxHighlighting(classHighlighter),
          keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap]),
          editor.language.of([]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": data.label || "SQL" }),
          look,
          EditorView.updateListener.of((update) => {
            if (update.focusChanged && !update.view.hasFocus) tell();
            else if (update.docChanged) {
              clearTimeout(editor.timer);
              editor.timer = setTimeout(tell, 400);
            }
          }),
        ],
      }),
    });
    open.set(parentElement, editor);
  }
  editor.setStateValue = setStateValue;
  editor.setTriggerValue = setTriggerValue;
  const known = JSON.stringify([data.tables, data.metrics]);
  if (known !== editor.tables) {
    editor.tables = known;
    editor.view.dispatch({ effects: editor.language.reconfigure(language(data)) });
  }
  if (data.stamp !== editor.stamp) {
    editor.stamp = data.stamp;
    editor.sent = data.text || "";
    editor.view.dispatch({ changes: { from: 0, to: editor.view.state.doc.length, insert: editor.sent } });
  }
  return () => {
    clearTimeout(editor.timer);
    editor.view.destroy();
    open.delete(parentElement);
  };
}
