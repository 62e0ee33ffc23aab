#include "net/gzip.h"

#include <algorithm>
#include <array>
#include <zlib.h>

#include "core/check.h"

namespace tandem::net {
namespace {

/// zlib's way to ask for a wrapper.
int window_of(ContentCoding coding) { return coding == ContentCoding::kGzip ? 15 + 16 : 15; }

class Inflater {
 public:
  explicit Inflater(int window) { CHECK(inflateInit2(&stream, window) == Z_OK); }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream stream{};
};

Bytef* input_of(std::string_view bytes) {
  // zlib does not write through it; the type lacks its const.
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

}  // namespace

std::string gzip(std::string_view bytes) { return compress(bytes, ContentCoding::kGzip); }

core::Parsed<std::string> gunzip(std::string_view bytes, std::size_t limit) {
  return decompress(bytes, ContentCoding::kGzip, limit);
}

std::string compress(std::string_view bytes, ContentCoding coding) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_of(coding), 8,
                     Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  CHECK(bytes.size() <= UINT32_MAX && out.size() <= UINT32_MAX);
  stream.next_in = input_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

core::Parsed<std::string> decompress(std::string_view bytes, ContentCoding coding,
                                     std::size_t limit) {
  if (bytes.size() > UINT32_MAX) return core::ParseError{"too large", 0};
  Inflater inflater(window_of(coding));
  z_stream& stream = inflater.stream;
  stream.next_in = input_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::array<char, 32 * 1024> piece;
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = piece.size();
    const int result = inflate(&stream, Z_NO_FLUSH);
    const std::size_t produced = piece.size() - stream.avail_out;
    const std::size_t offset = bytes.size() - stream.avail_in;
    if (produced > limit - out.size())
      return core::ParseError{std::string(kContentTooLarge), offset};
    out.append(piece.data(), produced);
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) return out;
      if (coding != ContentCoding::kGzip) return core::ParseError{"does not end there", offset};
      // RFC 1952 §2.2: further members follow.
      CHECK(inflateReset2(&stream, window_of(coding)) == Z_OK);
    } else if (result == Z_BUF_ERROR || (result == Z_OK && stream.avail_in == 0 && produced == 0)) {
      return core::ParseError{"ends too early", offset};
    } else if (result != Z_OK) {
      return core::ParseError{stream.msg != nullptr ? stream.msg : "not gzip", offset};
    }
  }
}

}  // namespace tandem::net
