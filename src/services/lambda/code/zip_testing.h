// Archives for tests.
#pragma once

#include <string>
#include <sys/stat.h>
#include <vector>
#include <zip.h>

#include "core/check.h"

namespace tandem::lambda {

struct ZipItem {
  std::string name;
  std::string content;
  mode_t mode = S_IFREG | 0644;
};

inline std::string make_zip(const std::vector<ZipItem>& items) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* whole = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_source_keep(whole);
  zip_t* archive = zip_open_from_source(whole, ZIP_TRUNCATE, &error);
  CHECK(archive != nullptr);
  for (const ZipItem& item : items) {
    zip_source_t* content = zip_source_buffer(archive, item.content.data(), item.content.size(), 0);
    const auto added = zip_file_add(archive, item.name.c_str(), content, ZIP_FL_ENC_UTF_8);
    CHECK(added >= 0);
    const auto index = static_cast<zip_uint64_t>(added);
    zip_set_file_compression(archive, index, ZIP_CM_DEFLATE, 1);
    zip_file_set_external_attributes(archive, index, 0, ZIP_OPSYS_UNIX,
                                     static_cast<zip_uint32_t>(item.mode) << 16);
  }
  CHECK(zip_close(archive) == 0);
  zip_source_open(whole);
  zip_source_seek(whole, 0, SEEK_END);
  std::string bytes(static_cast<std::size_t>(zip_source_tell(whole)), '\0');
  zip_source_seek(whole, 0, SEEK_SET);
  zip_source_read(whole, bytes.data(), bytes.size());
  zip_source_close(whole);
  zip_source_free(whole);
  return bytes;
}

}  // namespace tandem::lambda
