/* page.css, page.js and icon.svg, as embed.awk puts them into the program. */
#ifndef ISSUER_PAGE_FILES_H
#define ISSUER_PAGE_FILES_H

extern const char page_css[], page_js[], icon_svg[];

#endif
