/* The floor: what libjpeg-turbo alone needs to decode at the reduced scale and to encode one frame.
   Nothing is scaled; a corner of the decoded picture is written. floor OUT WORKERS WIDTH HEIGHT FILE... */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <jpeglib.h>

static void one(const char *out, const char *path, unsigned width, unsigned height) {
    struct jpeg_decompress_struct in;
    struct jpeg_compress_struct to;
    struct jpeg_error_mgr error;
    FILE *file = fopen(path, "rb");
    in.err = to.err = jpeg_std_error(&error);
    jpeg_create_decompress(&in);
    jpeg_stdio_src(&in, file);
    jpeg_read_header(&in, TRUE);
    double across = (double)in.image_width / width, down = (double)in.image_height / height;
    double left = across < down ? across : down;
    in.scale_num = 1;
    in.scale_denom = left >= 12 ? 8 : left >= 6 ? 4 : left >= 3 ? 2 : 1;
    jpeg_start_decompress(&in);
    size_t stride = (size_t)in.output_width * 3;
    unsigned char *pixels = malloc(stride * in.output_height);
    while (in.output_scanline < in.output_height) {
        JSAMPROW row = pixels + stride * in.output_scanline;
        jpeg_read_scanlines(&in, &row, 1);
    }
    unsigned w = width < in.output_width ? width : in.output_width;
    unsigned h = height < in.output_height ? height : in.output_height;
    jpeg_finish_decompress(&in);
    fclose(file);

    char name[4096], copy[4096];
    strncpy(copy, path, sizeof copy - 1);
    copy[sizeof copy - 1] = 0;
    snprintf(name, sizeof name, "%s/%s", out, basename(copy));
    file = fopen(name, "wb");
    jpeg_create_compress(&to);
    jpeg_stdio_dest(&to, file);
    to.image_width = w;
    to.image_height = h;
    to.input_components = 3;
    to.in_color_space = JCS_RGB;
    jpeg_set_defaults(&to);
    jpeg_set_quality(&to, 95, TRUE);
    jpeg_start_compress(&to, TRUE);
    while (to.next_scanline < h) {
        JSAMPROW row = pixels + stride * to.next_scanline;
        jpeg_write_scanlines(&to, &row, 1);
    }
    jpeg_finish_compress(&to);
    fclose(file);
    free(pixels);
    jpeg_destroy_compress(&to);
    jpeg_destroy_decompress(&in);
}

int main(int count, char **words) {
    int workers = atoi(words[2]), status, failed = 0;
    for (int worker = 0; worker < workers; worker++)
        if (fork() == 0) {
            for (int i = 5 + worker; i < count; i += workers) one(words[1], words[i], atoi(words[3]), atoi(words[4]));
            _exit(0);
        }
    while (wait(&status) > 0) failed |= status;
    return failed != 0;
}
