#include "topology/pipeline_keys.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <utility>

#include "topology/keys.h"

namespace tandem::topology {
namespace {

using Source = PipelineSettings::Source;

constexpr std::string_view kVariable = "env:";

/// The template's AppName, of which a bucket's name is made.
constexpr std::size_t kLongestName = 28;

/// Of text that may be anything.
constexpr std::size_t kShown = 64;

class PipelineReader {
 public:
  PipelineReader(YamlReader& reader, const YAML::Node& node) : reader_(reader), node_(node) {}

  PipelineSettings read(const std::filesystem::path& base, const Topology& topology) {
    PipelineSettings settings;
    settings.template_file =
        (base / reader_.text(node_, "template").value_or("pipeline.yml")).lexically_normal();
    const auto source = reader_.choice(node_, "source", {"github", "connection", "s3"});
    if (source == "connection") settings.source = Source::kConnection;
    if (source == "s3") settings.source = Source::kS3;
    take("repository", settings.repository, "[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}",
         "OWNER/REPOSITORY");
    take("branch", settings.branch, "[A-Za-z0-9._/-]{1,255}", "a branch's name");
    take("connection", settings.connection,
         "arn:aws:code(star-)?connections:[a-z0-9-]+:[0-9]{12}:connection/[0-9a-f-]{36}",
         "a connection's ARN (arn:aws:codeconnections:REGION:ACCOUNT:connection/UUID)");
    take("bucket", settings.bucket, "[a-z0-9.-]{3,63}", "a bucket's name");
    take("key", settings.key, "[^\\x00-\\x1f]{1,1024}", "an object's key");
    token(settings);
    if (const auto poll = reader_.choice(node_, "poll", {"true", "false"})) {
      settings.poll = *poll == "true";
    }
    if (const auto region = reader_.text(node_, "region")) {
      settings.region = *region;
      if (topology.find_region(*region) == nullptr) {
        reader_.fail(node_["region"], fmt::format("pipeline.region '{}' is none of the regions",
                                                  region->substr(0, kShown)));
      }
    }
    check_source(settings, topology);
    return settings;
  }

 private:
  void take(const char* key, std::string& into, const char* pattern, const char* what) {
    const auto given = reader_.text(node_, key);
    if (!given) return;
    into = *given;
    if (RE2::FullMatch(*given, pattern)) return;
    reader_.fail(node_[key],
                 fmt::format("pipeline.{} '{}' is not {}", key, given->substr(0, kShown), what));
  }

  /// A token in a file that is committed is nobody's secret any more.
  void token(PipelineSettings& settings) {
    const auto given = reader_.text(node_, "token");
    if (!given) return;
    if (given->starts_with(kVariable) &&
        RE2::FullMatch(given->substr(kVariable.size()), "[A-Za-z_][A-Za-z0-9_]{0,127}")) {
      settings.token_variable = given->substr(kVariable.size());
      return;
    }
    reader_.fail(node_["token"],
                 "pipeline.token names a variable of the environment that holds the token, as in "
                 "'token: env:GITHUB_TOKEN'");
  }

  void check_source(const PipelineSettings& settings, const Topology& topology) {
    const bool from_s3 = settings.source == Source::kS3;
    if (from_s3 && settings.region.empty() && topology.regions.size() > 1) {
      reader_.fail(node_,
                   "'source: s3' takes the region of the bucket, where the pipelines have to be, "
                   "as in 'region: us-east-1'");
    }
    if (from_s3 && settings.bucket.empty()) {
      reader_.fail(node_, "'source: s3' takes the bucket, as in 'bucket: my-source'");
    }
    if (!from_s3 && settings.repository.empty()) {
      reader_.fail(node_, "'pipeline' takes the repository, as in 'repository: OWNER/REPOSITORY'");
    }
    if (settings.source == Source::kConnection && settings.connection.empty()) {
      reader_.fail(node_,
                   "'source: connection' takes the connection's ARN, as in 'connection: "
                   "arn:aws:codeconnections:REGION:ACCOUNT:connection/UUID'");
    }
  }

  YamlReader& reader_;
  const YAML::Node& node_;
};

}  // namespace

void read_pipeline(YamlReader& reader, const YAML::Node& root, const std::filesystem::path& base,
                   Topology& topology) {
  const YAML::Node node = root["pipeline"];
  if (!node.IsDefined() || !reader.mapping(node, "pipeline", keys_of("pipeline"))) return;
  if (topology.name.size() > kLongestName) {
    reader.fail(root["name"],
                fmt::format("'name' has {} characters; with a pipeline it may have {}",
                            topology.name.size(), kLongestName));
  }
  topology.pipeline = PipelineReader(reader, node).read(base, topology);
}

}  // namespace tandem::topology
