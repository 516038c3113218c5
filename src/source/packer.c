// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/packer.h"

#include <lzo/lzo1x.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "source/diskdump_headers.h"

/* Some thousand pages: time does not matter, size does. */
#define ZSTD_LEVEL 16
#define ZLIB_LEVEL 9

struct packer {
	enum diskdump_codec codec;
	size_t page_size;
	size_t room;		/* of data */
	unsigned char *data;
	void *lzo;		/* its work memory */
	ZSTD_CCtx *zstd;
};

struct packer *packer_new(enum diskdump_codec codec, size_t page_size)
{
	struct packer *packer = calloc(1, sizeof(*packer));

	if (!packer)
		return NULL;
	packer->codec = codec;
	packer->page_size = page_size;
	/* more than any of the three makes of data that it cannot compress */
	packer->room = page_size * 2 + 1024;
	packer->data = malloc(packer->room);
	if (codec == CODEC_LZO)
		packer->lzo = malloc(LZO1X_999_MEM_COMPRESS);
	if (codec == CODEC_ZSTD)
		packer->zstd = ZSTD_createCCtx();
	if (packer->data && (codec != CODEC_LZO || (packer->lzo && lzo_init() == LZO_E_OK)) &&
	    (codec != CODEC_ZSTD || packer->zstd))
		return packer;
	packer_free(packer);
	return NULL;
}

void packer_free(struct packer *packer)
{
	if (!packer)
		return;
	ZSTD_freeCCtx(packer->zstd);
	free(packer->lzo);
	free(packer->data);
	free(packer);
}

static bool pack_zlib(struct packer *packer, const void *page, size_t *size)
{
	uLongf length = packer->room;

	if (compress2(packer->data, &length, page, packer->page_size, ZLIB_LEVEL) != Z_OK)
		return false;
	*size = length;
	return true;
}

static bool pack_lzo(struct packer *packer, const void *page, size_t *size)
{
	lzo_uint length = packer->room;

	if (lzo1x_999_compress(page, packer->page_size, packer->data, &length, packer->lzo) !=
	    LZO_E_OK)
		return false;
	*size = length;
	return true;
}

static bool pack_zstd(struct packer *packer, const void *page, size_t *size)
{
	*size = ZSTD_compressCCtx(packer->zstd, packer->data, packer->room, page,
				  packer->page_size, ZSTD_LEVEL);
	return !ZSTD_isError(*size);
}

static const struct {
	bool (*pack)(struct packer *packer, const void *page, size_t *size);
	uint32_t flags;
} codecs[] = {
	[CODEC_ZLIB] = {pack_zlib, DISKDUMP_ZLIB},
	[CODEC_LZO] = {pack_lzo, DISKDUMP_LZO},
	[CODEC_ZSTD] = {pack_zstd, DISKDUMP_ZSTD},
};

bool packer_pack(struct packer *packer, const void *page, const void **packed, size_t *size,
		 uint32_t *flags)
{
	if (!codecs[packer->codec].pack(packer, page, size))
		return false;
	*packed = packer->data;
	*flags = codecs[packer->codec].flags;
	if (*size >= packer->page_size) {
		*packed = page;
		*size = packer->page_size;
		*flags = 0;
	}
	return true;
}
