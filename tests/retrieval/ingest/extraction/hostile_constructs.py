"""Constructs of texts that cost more than their length, or could, when they are repeated often enough."""

LINE = "a" * 70
WIDE_TABLE = "|a" * 32 + "\n" + "|-" * 32 + "\n" + "|a\n" * 32 + "\n"

_SIGNS = (
    '[!code¦[!code[¦[!code[(¦{%¦{% a¦{% a-¦{% a %}\n¦{% a "¦{{<¦{{< a¦{{< a/¦{{< a >}}\n¦===¦=== "a"\n¦=== "a¦///¦'
    '/// a | b\n¦/// a\n¦:::a¦:::a\n¦::: a\n¦!!! a¦!!! a\n¦!!! a "¦!!! a "b"\n    c\n¦??? a\n¦--8<--¦--8<--\n¦'
    '--8<-- "a"\n¦{*a.¦{* a.b *}\n¦{:¦{: .a}\n¦<<< @¦[[TOC¦> [!NOTE] a\n¦):{.a'
)
"""Of the dialects of Markdown."""

REPEATED = {
    "html": (
        "<div><p>a¦<h1>¦<h1>x¦<h1>x<h2>y<h3>¦<dl><dt>x<dd>¦<dl><div><dt>x<dd>¦<div class=nav>¦<div class=nav>x¦"
        "<div id=nav>x¦<aside>¦<header>x¦<form><div>x¦<h2><button>x¦<p hidden>x¦<div>¦<div>x¦"
        "<div><a href=/>x</a>¦<div>x</div>¦<span>¦<span>x¦<span>x<span>y</span><div>¦<b>¦<b>x<i>y</b>z</i>¦"
        "<a href=/>x¦</div>¦<b></i>¦<ul>¦<ul><li>x¦<ol start=999999><li>¦<li><ul></ul><ol></ol><pre></pre>¦"
        "<ul><li><a href=/>x</a>¦<table>¦<table><tr><td>x¦<tr><td>x¦<tr><td><div>x¦"
        "<tr><td colspan=100 rowspan=100>x¦<tr><th rowspan=100 colspan=9>x<td>y¦<tr>¦<table><caption>x¦"
        "<blockquote>x¦<pre>\t¦<br>¦<br> ¦<p>¦<p>x¦<section id=nav>x¦<article>x¦<main>x¦<details><summary>x¦"
        "<select><option>x¦<svg><g>x¦<math><mi>x¦<template>x¦<script>¦<script></script>¦<style>x¦<title>x¦"
        "<meta property=og:title content=x>¦<meta charset=¦<?xml ?¦<!DOCTYPE ¦<!--¦<!---->x¦<![CDATA[¦<a <b ¦<¦"
        " a¦<a b='¦&amp;¦&a¦&#¦<img alt=x>¦<iframe>x¦<frameset><frame>¦<body>x¦<html><head>x¦<x-y>x¦<a:b:c>¦\"¦"
        "\x00<"
    ),
    "markdown": (
        '"¦*¦*a ¦a**b¦**a ¦*a **a ¦_a ¦_¦*_¦~~a ¦`¦`a¦`a``b¦```\n¦~~~\n¦[¦]¦[]¦[a](¦[a](b¦[a](<b¦[a](b "¦![¦'
        '![a](¦[a]: b\n¦[a]:\n¦[a]: b "c\n¦\\¦&amp;¦&a¦<a:¦<a@¦<a ¦<div>\n¦<div>\n\n¦<!-- ¦<!-- a -->\n\n¦<!A ¦'
        "<?¦<![CDATA[¦<script>\n\n¦> ¦>¦> a\n¦> - ¦- ¦- a\n¦- 1. ¦- a\n\n¦1. a\n¦* - + ¦# ¦# a\n¦"
        "# a\n## b\n### c\n¦a\n=\n¦=\n¦-¦---\n¦---\na: b\n¦+++\n¦# a {#¦{¦|¦|a|b|\n¦|-¦|-|-|\n¦|a\n|-\n|b\n\n¦"
        f"{WIDE_TABLE}¦{_SIGNS}¦"
        "    a\n¦ \t¦\n¦ ¦ \n¦a ¦a  \n¦:::\n¦> [!NOTE]\n¦<A b={¦$¦.¦[^a]: b\n¦[a¦*a _b ¦- a\n "
    ),
    "mdx": (
        f"{_SIGNS}¦"
        '{`¦{\\`¦{\\`}¦{\\`}\n¦{\\"}¦{\\\'}¦{\\"¦{\'¦{"¦{`a`}¦{/*¦{/*}¦{/* a */}¦{//¦{//}\n¦{¦{{¦{}¦}¦{a}¦{(¦{)}¦'
        "<A>¦<A>\n¦<A>a¦<A />¦<A¦<A b¦<A b={¦<A b={c}¦<A b={\\`}>¦<A b=\"¦<A b='¦<A {...b}>¦</A>¦</A>\n¦<A><B>¦"
        "<A>\n<B>\n¦<A><B></A></B>¦<>¦<></>¦<A.b>¦<a.¦import {¦import {\n\n¦import a from 'b'\n\n¦"
        "import a from 'b'¦import a,¦import ¦export const a = {\n\n¦export const a = 'b'\n\n¦export function ¦"
        "export class a ¦export default a\n\n¦export {¦\n{\\`\n¦`{¦`¦``{\n¦# a {b}\n¦- {a}\n¦|{a}|\n|-|\n"
    ),
    "plain": (
        '.¦. ¦?!¦\u3002¦\u3002\u300d¦… ¦e.g. ¦A. ¦No. ¦1. ¦"¦."¦(¦ ¦\u200b¦\u2003¦\t¦\n¦ \n¦\x0c¦    a\n¦\ta\n¦'
        "A\n¦A\n\n¦A\n---\nb.\n\n¦-¦- a\n¦a¦a ¦A¦1¦\u5b57¦a\n¦"
        f"{LINE}\n¦a-¦a/¦a\u0301¦"
        "\U0001f44d\U0001f3fd¦\r¦"
        f"\x01a{LINE}¦"
        "\u202ea"
    ),
    "tsv": ('"¦"\t¦"a"\t¦\t¦\t"a\n¦""\n¦a\tb\n¦\t"a"\n¦\'a\'\t'),
    "csv": ('"¦",¦"a",¦,"a\n¦""\n¦,¦,;\t|¦a\n¦\'a\',¦, ¦, "¦a. ,¦a,"b'),
}
"""By kind; parted by ¦."""
