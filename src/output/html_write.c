// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/html.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "report_css.h"
#include "report_js.h"

void html_raw(FILE *stream, const char *constant)
{
	fputs(constant, stream);
}

/* One character, made visible, that HTML has no meaning for. */
static void write_character(FILE *stream, const char *character, size_t length)
{
	char one[8] = {0}, visible[8];

	memcpy(one, character, length);
	fputs(text_visible(one, visible, sizeof(visible)), stream);
}

static void write_text(FILE *stream, const char *text, const char *end)
{
	while (text < end) {
		unsigned int length = text_utf8_length(text);

		switch (*text) {
		case '&':
			fputs("&amp;", stream);
			break;
		case '<':
			fputs("&lt;", stream);
			break;
		case '>':
			fputs("&gt;", stream);
			break;
		case '"':
			fputs("&quot;", stream);
			break;
		case '\'':
			fputs("&#39;", stream);
			break;
		case '\n':
			fputc('\n', stream);
			break;
		default:
			write_character(stream, text, length ? length : 1);
		}
		text += length ? length : 1;
	}
}

void html_text(FILE *stream, const char *text)
{
	write_text(stream, text, text + strlen(text));
}

void html_words(FILE *stream, const char *format, ...)
{
	char text[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	html_text(stream, text);
}

void html_number(FILE *stream, uint64_t number)
{
	char text[TEXT_NUMBER_SIZE];

	html_text(stream, text_number(number, text));
}

/*
 * Nothing is loaded from anywhere, and of scripts and styles only those run that were
 * built in, which their hashes tell.
 */
void html_begin(FILE *stream, const char *title, bool script)
{
	html_raw(stream, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		 "style-src '");
	html_raw(stream, report_css_hash);
	html_raw(stream, "'; script-src '");
	html_raw(stream, script ? report_js_hash : "none");
	html_raw(stream, "'; base-uri 'none'; form-action 'none'\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		 "<meta name=\"color-scheme\" content=\"light dark\">\n"
		 "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
	html_text(stream, title);
	html_raw(stream, "</title>\n<style>");
	html_raw(stream, report_css);
	html_raw(stream, "</style>\n");
	if (script) {
		html_raw(stream, "<script type=\"module\">");
		html_raw(stream, report_js);
		html_raw(stream, "</script>\n");
	}
	html_raw(stream, "</head>\n<body>\n");
}

void html_end(FILE *stream)
{
	html_raw(stream, "<footer>kswapck ");
	html_text(stream, KSWAPCK_VERSION);
	html_raw(stream, ". This page loads nothing: all of it is in this file.</footer>\n"
		 "</body>\n</html>\n");
}

void html_paragraphs(FILE *stream, const char *text)
{
	bool code = false, open = false;

	while (*text) {
		size_t length = strcspn(text, "\n");

		if (open && code != (*text == ' ')) {
			html_raw(stream, code ? "</pre>\n" : "</p>\n");
			open = false;
		}
		code = *text == ' ';
		if (!open)
			html_raw(stream, code ? "<pre>" : "<p>");
		else
			fputc('\n', stream);
		open = true;
		write_text(stream, text, text + length);
		text += length + (text[length] == '\n');
	}
	if (open)
		html_raw(stream, code ? "</pre>\n" : "</p>\n");
}

const char *html_verdict_class(const char *verdict)
{
	if (!strcmp(verdict, "clean"))
		return "good";
	if (!strcmp(verdict, "unknown"))
		return "unknown";
	return strcmp(verdict, "unrelated") ? "bad" : "odd";
}
