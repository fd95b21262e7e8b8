"""Summarises results of the conformance runner: what passes, and for the rest the causes, commonest first.

report.py [--out report.txt] [--doc CONFORMANCE.md --catalog catalog.json --reasons reasons.tsv] [--passing FILE [--record | --require]] result.json …

A cause is the normalised message of an error, or the kind of difference between rows. A file is counted under the cause
of its first failing statement; "alone" counts the files in which no other cause occurs: fixing the cause should turn these."""
import argparse
import json
import re
import sys
from collections import Counter, defaultdict

PASS = {'pass', 'pass_unordered', 'pass_ties', 'pass_approx', 'pass_norm', 'pass_alt', 'ok'}
# Verdicts that do not make a file fail.
NEUTRAL = {'explain_error', 'unaligned_error', 'cmd_failed', 'cmd_skipped'}
CONSEQUENCE = re.compile(r'(?i)table not found|\[Error 10001\]')


def normalise(message):
    """The message without what differs from file to file: names, numbers, positions, paths."""
    text = (message or 'no message').split('\n')[0]
    text = re.sub(r'Error while (compiling|processing) statement: |FAILED: ', '', text)
    text = re.sub(r'Execution Error, return code \d+ from org\.apache\.\S+\. ', '', text)
    missing = re.search(r'function (\w+) is not implemented', text)
    if missing:
        return missing.group(0)
    text = re.sub(r'\b[Ll]ine \d+:\d+', 'line L:C', text)
    text = re.sub(r'file:\S+|/\S+/\S+', 'PATH', text)
    if not re.search(r'not supported yet|(?i:unknown function|invalid function|no function)', text):
        text = re.sub(r"'[^']*'", "'…'", text)
        text = re.sub(r'"[^"]*"', '"…"', text)
        text = re.sub(r'`[^`]*`', '`…`', text)
    text = re.sub(r'\(possible column names are:.*', '(…', text)
    text = re.sub(r'0x[0-9a-f]+', 'HEX', text)
    return re.sub(r'(?<!Error )\b\d+\b', 'N', text)[:160]


def first_words(sql, count=2):
    return ' '.join(re.findall(r'[a-zA-Z_]+', re.sub(r'--[^\n]*', '', sql or ''))[:count]).lower()


def close(a, b):
    try:
        x, y = float(a), float(b)
    except ValueError:
        return False
    return x == y or abs(x - y) <= 1e-6 * max(abs(x), abs(y))


def row_difference(s):
    """The kind of difference of a statement whose rows are not the recorded ones."""
    d = s.get('detail') or {}
    if d.get('header') and isinstance(d['header'], dict) and 'diff' not in d:
        return 'column names differ'
    minus = [l[1:] for l in d.get('diff', []) if l.startswith('-')]
    plus = [l[1:] for l in d.get('diff', []) if l.startswith('+')]
    if s.get('role') == 'meta':
        return 'rows differ: ' + first_words(s.get('sql'))
    if d.get('reason'):
        return 'rows differ: ' + d['reason']
    if d.get('got_rows') != d.get('want_rows'):
        return 'rows differ: no rows' if d.get('got_rows') == 0 else 'rows differ: number of rows'
    if sorted(minus) == sorted(plus):
        return 'rows differ: order'
    kinds = Counter()
    for want, got in zip(minus, plus):
        w, g = want.split('\t'), got.split('\t')
        if len(w) != len(g):
            kinds['number of columns'] += 1
            continue
        for x, y in zip(w, g):
            if x == y:
                continue
            if x == 'NULL' or y == 'NULL':
                kinds['NULL against a value' if y == 'NULL' else 'a value against NULL'] += 1
            elif close(x, y):
                kinds['spelling of numbers'] += 1
            elif x.strip() == y.strip():
                kinds['blanks'] += 1
            elif re.fullmatch(r'-?[\d.E+-]+', x) and re.fullmatch(r'-?[\d.E+-]+', y):
                kinds['numbers'] += 1
            elif re.match(r'\d{4}-\d\d-\d\d', x) or re.match(r'\d{4}-\d\d-\d\d', y):
                kinds['dates'] += 1
            else:
                kinds['text'] += 1
    return 'rows differ: ' + (kinds.most_common(1)[0][0] if kinds else 'cells')


def cause(s):
    """Why a statement fails, None when it does not."""
    v = s['verdict']
    if v in PASS or v in NEUTRAL:
        return None
    if v == 'error':
        return normalise(s.get('why'))
    if v == 'timeout':
        return 'timeout'
    if v == 'not_run':
        return None  # a consequence
    if v in ('weak', 'phys'):
        return v + ' (not counted as a pass): ' + ('order not verifiable' if v == 'weak' else first_words(s.get('sql')))
    if v == 'fail' and s.get('role') == 'fail':
        return 'accepted, Hive refuses: ' + normalise((s.get('why') or '').replace('accepted, Hive answers: ', ''))
    return row_difference(s) if v == 'fail' else v


def load(paths):
    """(results, files not started). A file that a runner could not even connect for is not a result: another round runs it."""
    results, not_started = {}, set()
    for path in paths:
        r = json.load(open(path))
        started = r if isinstance(r, list) else r['results']  # a list: the runner crashed
        not_started |= set([] if isinstance(r, list) else r['not_started'])
        for x in started:
            if (x.get('dead') or '').startswith('cannot connect'):
                not_started.add(x['file'])
            else:
                results[x['file']] = x
    return [results[q] for q in sorted(results)], sorted(not_started - set(results))


def leave(path, results):
    """Takes the files that ran off a list."""
    ran = {r['file'] for r in results}
    names = [l for l in open(path) if l.strip() and l.strip() not in ran]
    open(path, 'w').write(''.join(names))


# Causes that are reasons by themselves.
GENERAL = [
    (re.compile(r'(?i)rows differ: desc(ribe)? function'), 'texts of DESCRIBE FUNCTION are our own words'),
    (re.compile(r'^weak'), 'the record cannot be verified: LIMIT without an order that decides, ties'),
    (re.compile(r'^phys'), 'sizes of files, which another writer of the format made'),
]


def reasons_of(path, failing):
    """Why each file fails: (reason, files) commonest first. failing: file → causes of its failing statements."""
    written = dict(l.rstrip('\n').split('\t', 1) for l in open(path) if l.strip() and not l.startswith('#'))
    files = defaultdict(list)
    for f, causes in failing.items():
        general = [next((why for p, why in GENERAL if p.search(c)), None) for c in causes]
        if f in written:
            files[written[f]].append(f)
        elif all(general):
            files[general[0]].append(f)
        else:
            files['not looked into yet'].append(f)
    return sorted(files.items(), key=lambda x: (-len(x[1]), x[0]))


def write_doc(path, catalog, results, head, ranked, by_first, alone, statements, reasons):
    """The state of the suite for readers: totals, a table by class of file, the commonest remaining causes."""
    classes = json.load(open(catalog))['positive']
    files, rows = Counter(), defaultdict(Counter)
    for r in results:
        for c in classes.get(r['file'], {}).get('classes', []):
            files[c] += 1
            rows[c].update(r['counts'])
            rows[c]['files_ok'] += r['status'] == 'pass'
    with open(path, 'w') as out:
        print('# Conformance\n\nHive\'s recorded query tests (level 3.1) against `bin/skep`. Written by `make conformance-record`; do not edit.\n\n' + head, file=out)
        lost = sorted(r['file'] for r in results if r.get('dead'))
        print('\nFiles in which the server or the connection was lost, or the time limit was reached: %s.' % (', '.join(lost) or 'none'), file=out)
        print('\n## By class of file\n\nA file has several classes.\n\n| class | files | query statements | metadata statements |\n|---|---|---|---|', file=out)
        for c in sorted(files, key=lambda c: (-files[c], c)):
            n = rows[c]
            print('| %s | %d of %d | %d of %d | %d of %d |' % (c, n['files_ok'], files[c], n['query_ok'], n['query_n'], n['meta_ok'], n['meta_n']), file=out)
        print('\n## Commonest remaining causes\n\nBy the first failing statement of a file; alone: no other cause in the file.\n', file=out)
        print('| files | alone | statements | cause |\n|---|---|---|---|', file=out)
        for c in ranked[:25]:
            print('| %d | %d | %d | %s |' % (len(by_first[c]), alone[c], statements[c], c.replace('|', '\\|')), file=out)
        print('\n## The reason of every failing file\n\nBy test/conformance/reasons.tsv. "record": the recorded text cannot come from a server, "Hive": a defect of '
              'Hive that is not imitated, "open": ours to do.\n\n| files | reason | which |\n|---|---|---|', file=out)
        for why, files in reasons:
            print('| %d | %s | %s |' % (len(files), why, ', '.join(sorted(files)) if len(files) < 20 else ''), file=out)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('results', nargs='+')
    p.add_argument('--out')
    p.add_argument('--doc')
    p.add_argument('--catalog')
    p.add_argument('--reasons')
    p.add_argument('--passing')
    p.add_argument('--record', action='store_true')
    p.add_argument('--require', action='store_true')
    p.add_argument('--left', help='only take the files that ran off this list')
    a = p.parse_args()
    results, not_started = load(a.results)
    if a.left:
        leave(a.left, results)
        return
    passed = [r['file'] for r in results if r['status'] == 'pass']
    counts = Counter()
    for r in results:
        counts.update(r['counts'])

    by_first, alone, examples, statements, failing = defaultdict(list), Counter(), {}, Counter(), {}
    for r in results:
        if r['status'] == 'pass':
            continue
        causes = []
        for s in r['statements']:
            c = cause(s)
            if c is None:
                continue
            statements[c] += 1
            # a missing table is news only when nothing failed before it
            if causes and CONSEQUENCE.search(c):
                continue
            causes.append(c)
            examples.setdefault(c, (r['file'], s))
        if r.get('dead') and not causes:
            causes = ['dead: ' + normalise(r['dead'])]
        if not causes:
            causes = ['no checkable rows' if r['status'] == 'not_checked' else 'unknown']
        failing[r['file']] = causes
        by_first[causes[0]].append(r['file'])
        alone[causes[0]] += len(set(causes)) == 1

    out = open(a.out, 'w') if a.out else sys.stdout
    head = '%d of %d files pass (%d without checkable rows, %d not started); statements %d of %d checkable; queries %d of %d, metadata %d of %d' % (
        len(passed), len(results) + len(not_started), sum(r['status'] == 'not_checked' for r in results), len(not_started),
        counts['passed'], counts['checkable'], counts['query_ok'], counts['query_n'], counts['meta_ok'], counts['meta_n'])
    print(head, file=out)
    dead = [r for r in results if r.get('dead')]
    if dead:
        print('connection or time lost in %d files: %s' % (len(dead), ' '.join('%s (%s)' % (r['file'], r['dead'][:40]) for r in dead[:40])), file=out)
    print('\n== Causes by the first failing statement of a file. files: counted here; alone: no other cause in the file; statements: in all files\n', file=out)
    print('%5s %5s %10s  cause' % ('files', 'alone', 'statements'), file=out)
    ranked = sorted(by_first, key=lambda c: (-len(by_first[c]), -alone[c], c))
    for c in ranked:
        print('%5d %5d %10d  %s' % (len(by_first[c]), alone[c], statements[c], c), file=out)
    print('\n== Each cause with an example and its files\n', file=out)
    for c in ranked:
        print('## %s  (%d files, %d alone)' % (c, len(by_first[c]), alone[c]), file=out)
        if c in examples:
            q, s = examples[c]
            print('   e.g. %s:%s  %s' % (q, s.get('line'), ' '.join((s.get('sql') or '').split())[:200]), file=out)
            if s.get('why'):
                print('        %s' % s['why'].split('\n')[0][:300], file=out)
            for l in (s.get('detail') or {}).get('diff', [])[:6]:
                print('        %s' % l[:200], file=out)
            if (s.get('detail') or {}).get('header'):
                print('        header: %s' % (s['detail']['header'],), file=out)
        print('   ' + ' '.join(by_first[c]) + '\n', file=out)
    print('== Row differences in full\n', file=out)
    for r in results:
        for s in r['statements']:
            if s['verdict'] == 'fail' and r['status'] != 'pass':
                print('%s:%s  %s' % (r['file'], s.get('line'), ' '.join((s.get('sql') or '').split())[:220]), file=out)
                for l in (s.get('detail') or {}).get('diff', [])[:8]:
                    print('    %s' % l[:200], file=out)
                if s.get('why'):
                    print('    %s' % s['why'][:200], file=out)
    slow = sorted(results, key=lambda r: -r['seconds'])[:15]
    print('\n== Slowest files: ' + ', '.join('%s %.0f s' % (r['file'], r['seconds']) for r in slow), file=out)
    if a.out:
        out.close()
        print(head)
        for c in ranked[:15]:
            print('%5d %5d  %s' % (len(by_first[c]), alone[c], c))

    if a.doc:
        write_doc(a.doc, a.catalog, results, head, ranked, by_first, alone, statements, reasons_of(a.reasons, failing))
    if a.passing and a.record:
        ran = {r['file'] for r in results}
        keep = set()
        try:
            keep = {l.strip() for l in open(a.passing) if l.strip()} - ran
        except FileNotFoundError:
            pass
        open(a.passing, 'w').write(''.join(q + '\n' for q in sorted(keep | set(passed))))
        print('%d files in %s' % (len(keep | set(passed)), a.passing))
    if a.passing and a.require:
        ran = {r['file'] for r in results} | set(not_started)
        try:
            must = {l.strip() for l in open(a.passing) if l.strip()} & ran
        except FileNotFoundError:
            sys.exit('%s does not exist: `make conformance-record` writes it' % a.passing)
        # Which rows a LIMIT without ORDER BY takes, and how ties come, is up to the engine and may change from run to run.
        chance = {r['file'] for r in results if r['status'] == 'fail' and all(s['verdict'] == 'weak' for s in r['statements'] if cause(s) is not None)}
        if must & chance:
            print('rows or their order left to chance: ' + ' '.join(sorted(must & chance)))
        lost = sorted(must - set(passed) - chance)
        print('%d files of this run are recorded as passing, %d of them fail%s' % (len(must), len(lost), ': ' + ' '.join(lost) if lost else ''))
        sys.exit(1 if lost or not_started else 0)


main()
