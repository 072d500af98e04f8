"""A stand-in for bitbake, for one class: prints its shell function with all variables expanded.

Usage: bitbake.py LAYER CLASS FUNCTION NAME=VALUE...  The variables that are given are those of a local.conf.
"""
import re
import sys
import types


class Data:
    def __init__(self):
        self.values = {}
        self.python = {}

    def getVar(self, name):
        return self.expand(self.values[name]) if name in self.values else None

    def expand(self, text):
        def replace(match):
            inner = match.group(1)
            if inner.startswith('@'):
                return str(eval(inner[1:], {**self.python, 'd': self, 'bb': BB}))
            value = self.getVar(inner)
            if value is None:
                sys.exit('no value for ' + match.group(0))
            return value
        return re.sub(r'\$\{(@(?:[^{}]|\{[^{}]*\})*|[A-Za-z0-9_]+)\}', replace, text)


def contains(variable, word, yes, no, d):
    return yes if word in (d.getVar(variable) or '').split() else no


BB = types.SimpleNamespace(utils=types.SimpleNamespace(contains=contains))


def read(d, file, functions):
    text = open(file).read()
    for name, body in re.findall(r'^([\w:-]+) ?\(\) \{\n(.*?)^\}$', text, re.M | re.S):
        functions[name] = body
    for body in re.findall(r'^def .*?(?=^\S)', text, re.M | re.S):
        exec(body, d.python)
    for name, sign, value in re.findall(r'^([A-Z]\w*) (\?\?=|\?=|:=|=) "(.*)"$', text, re.M):
        if name not in d.values or sign in (':=', '='):
            d.values[name] = d.expand(value) if sign == ':=' else value


layer, class_file, function, *given = sys.argv[1:]
data = Data()
data.values = dict(word.split('=', 1) for word in given)
data.values['LAYERDIR'] = layer
shell = {}
read(data, layer + '/conf/layer.conf', shell)
read(data, layer + '/' + class_file, shell)
print('bbfatal() { echo "ERROR: $*" >&2; exit 1; }\nset -e')
print(data.expand(shell[function]), end='')
