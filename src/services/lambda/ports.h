// What Lambda needs from the rest of its region, wired by the assembler.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/task.h"

namespace tandem::lambda {

struct LogLine {
  std::int64_t timestamp_ms = 0;
  std::string message;
};

/// Where functions' log lines go. Makes group and stream when they are missing.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(std::string_view group, std::string_view stream,
                     std::vector<LogLine> lines) = 0;
};

/// Where code packages are read from.
class ObjectSource {
 public:
  virtual ~ObjectSource() = default;
  /// The whole object; version is empty for the latest. Throws ApiError as S3's GetObject does
  /// (NoSuchBucket, NoSuchKey, AccessDenied …).
  virtual Task<std::string> read_object(std::string bucket, std::string key,
                                        std::string version) = 0;
};

struct LambdaPorts {
  LogSink& logs;
  ObjectSource& objects;
  /// The local CA's certificate, so that functions trust the region. May be missing.
  std::filesystem::path ca_pem;
};

}  // namespace tandem::lambda
