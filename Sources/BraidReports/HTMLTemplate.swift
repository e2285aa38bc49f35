/// The page of the HTML report, in Mustache: `{{ }}` escapes, `{{{ }}}` is for pictures made here.
enum HTMLTemplate {
  static let page = """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{{name}}</title>
    <style>
    body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; color: #1a1a1a; max-width: 1240px;
      margin: 2.5rem auto; padding: 0 1.2rem; }
    h1 { font-size: 1.7rem; margin-bottom: .2rem; } h2 { margin-top: 2.4rem; border-bottom: 1px solid #ddd; }
    .question { font-size: 1.15rem; color: #444; margin-top: 0; } .finding { background: #eef4fa; border-left: 4px solid #0072B2;
      padding: .6rem 1rem; } .legend, figcaption, .note { color: #555; font-size: .9rem; }
    .wide { overflow-x: auto; } table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums;
      font-size: .88rem; }
    th, td { padding: .3rem .5rem; border-bottom: 1px solid #e5e5e5; white-space: nowrap; text-align: left; }
    th { border-bottom: 2px solid #888; } .number { text-align: right; } tr.best { font-weight: 600; background: #f3f8ee; }
    .trouble td { white-space: normal; } .failed { color: #b00020; font-weight: 600; } .missing { color: #8a6d00; font-weight: 600; }
    figure { margin: 1.4rem 0; } figure svg { max-width: 100%; height: auto; } .given { font-weight: 600; }
    td.value { white-space: normal; overflow-wrap: anywhere; } details { margin: .6rem 0; } summary { cursor: pointer; }
    </style>
    </head>
    <body>
    <h1>{{name}}</h1>
    <p class="question">{{question}}</p>
    <p class="finding">{{finding}}</p>
    <h2>Results</h2>
    {{#tables}}
    {{#hasTitle}}<h3>{{title}}</h3>{{/hasTitle}}
    <div class="wide"><table>
    <thead><tr>{{#head}}<th class="{{kind}}">{{text}}</th>{{/head}}</tr></thead>
    <tbody>
    {{#body}}<tr class="{{emphasis}}">{{#cells}}<td class="{{kind}}">{{text}}</td>{{/cells}}</tr>
    {{/body}}
    </tbody></table></div>
    {{/tables}}
    <p class="legend">{{legend}}</p>
    {{#notes}}<p class="note">{{.}}</p>
    {{/notes}}
    {{#hasTroubles}}
    <h2>Cells that are not in the table</h2>
    <table class="trouble"><thead><tr><th></th><th>row</th><th>seed</th><th>why</th><th>folder</th></tr></thead><tbody>
    {{#troubles}}<tr><td class="{{status}}">{{status}}</td><td>{{row}}</td><td>{{seed}}</td><td>{{reason}}</td><td>{{folder}}</td></tr>
    {{/troubles}}
    </tbody></table>
    {{/hasTroubles}}
    {{#searches}}
    <h2>Search</h2>
    <table><tbody>{{#lines}}<tr><td>{{name}}</td><td class="value">{{value}}</td></tr>
    {{/lines}}</tbody></table>
    {{#table}}<div class="wide"><table>
    <thead><tr>{{#head}}<th class="{{kind}}">{{text}}</th>{{/head}}</tr></thead>
    <tbody>
    {{#body}}<tr>{{#cells}}<td class="{{kind}}">{{text}}</td>{{/cells}}</tr>
    {{/body}}
    </tbody></table></div>
    {{/table}}
    {{#hasFailures}}<details><summary>Trials that failed</summary><ul>{{#failures}}<li>{{.}}</li>
    {{/failures}}</ul></details>{{/hasFailures}}
    {{/searches}}
    <h2>Charts</h2>
    {{#chartNotes}}<p class="note">{{.}}</p>
    {{/chartNotes}}
    {{#charts}}<figure role="img" aria-label="{{caption}}"><h3>{{title}}</h3>{{{svg}}}<figcaption>{{caption}}</figcaption></figure>
    {{/charts}}
    {{#hasPictures}}
    <h2>What the fusions looked at</h2>
    <p class="legend">Over a picture: clear where the weight is highest, dark where there is little; the frame marks the highest.
    Words: the stronger the ground, the higher the weight. Each panel is scaled to its own highest weight.</p>
    {{#pictures}}<h3>{{row}}</h3>
    {{#items}}<figure>{{{svg}}}<figcaption>{{caption}}</figcaption></figure>
    {{/items}}{{/pictures}}
    {{/hasPictures}}
    <h2>Data</h2>
    <table><tbody>{{#data}}<tr><td>{{name}}</td><td class="value">{{value}}</td></tr>
    {{/data}}</tbody></table>
    <h2>Settings</h2>
    <details><summary>Shared by all rows (bold: given by the file; the rest are defaults)</summary>
    <table><tbody>{{#settings}}<tr class="{{kind}}"><td>{{path}}</td><td class="value">{{value}}</td></tr>
    {{/settings}}</tbody></table></details>
    {{#rows}}<details><summary>{{name}}</summary>
    <table><tbody>{{#settings}}<tr class="{{kind}}"><td>{{path}}</td><td class="value">{{value}}</td></tr>
    {{/settings}}</tbody></table></details>
    {{/rows}}
    <h2>Provenance</h2>
    {{#provenance}}<table><tbody>{{#lines}}<tr><td>{{name}}</td><td class="value">{{value}}</td></tr>
    {{/lines}}</tbody></table>
    {{/provenance}}
    </body>
    </html>

    """
}
