// Reading a YAML document by declared keys, gathering every mistake with its line and a remedy.
// Private to topology/.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <yaml-cpp/yaml.h>

namespace tandem::topology {

/// "did you mean 'weight'?", or otherwise and all known words.
std::string remedy(std::string_view key, const std::vector<std::string>& known,
                   std::string_view otherwise);

/// Why text is no YAML, with its line: in words of one who writes the file; yaml-cpp's are those of
/// one who reads it. example: a page or file that has one.
std::string syntax_error(const std::string& name, std::string_view text,
                         const YAML::Exception& error, std::string_view example);

class YamlReader {
 public:
  explicit YamlReader(std::string file_name) : file_name_(std::move(file_name)) {}

  /// "<file>:<line>: <message>", gathered.
  void fail(const YAML::Node& at, const std::string& message);
  const std::vector<std::string>& failures() const { return failures_; }

  /// False (and a failure) unless node is a mapping with each key once.
  bool mapping(const YAML::Node& node, std::string_view what);
  /// The same, and all keys are in known.
  bool mapping(const YAML::Node& node, std::string_view what,
               const std::vector<std::string>& known);
  std::optional<std::string> text(const YAML::Node& parent, const char* key);
  /// Fails when absent.
  std::string required_text(const YAML::Node& parent, const char* key, std::string_view example);
  /// One of the known words.
  std::optional<std::string> choice(const YAML::Node& parent, const char* key,
                                    std::initializer_list<std::string_view> known);
  std::optional<std::int64_t> integer(const YAML::Node& parent, const char* key, std::int64_t low,
                                      std::int64_t high);
  std::optional<double> number(const YAML::Node& parent, const char* key, double low);

 private:
  std::string file_name_;
  std::vector<std::string> failures_;
};

}  // namespace tandem::topology
