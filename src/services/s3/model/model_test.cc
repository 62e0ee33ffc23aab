#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/error.h"
#include "core/bytes.h"
#include "services/s3/model/conditions.h"
#include "services/s3/model/integrity.h"
#include "services/s3/model/listing.h"
#include "services/s3/model/names.h"
#include "services/s3/model/parts.h"

namespace tandem::s3 {
namespace {

template <class Function>
std::string code_of(Function function) {
  try {
    function();
    return "";
  } catch (const aws::ApiError& error) {
    return error.code();
  }
}

TEST(BucketName, FollowsTheUserGuidesRules) {
  // S3 User Guide, "General purpose bucket naming rules".
  for (const char* name : {"abc", "a-b.c-1", "1.2.3", "1.2.3.a", "256.1"}) {
    EXPECT_TRUE(is_bucket_name(name)) << name;
  }
  for (const char* name :
       {"ab", "Abc", "a_b", "-abc", "abc-", "a..b", "192.168.5.4", "xn--abc", "sthree-abc",
        "abc-s3alias", "abc--ol-s3", "abc.mrap", "abc--x-s3", "", "a/b"}) {
    EXPECT_FALSE(is_bucket_name(name)) << name;
  }
  EXPECT_TRUE(is_bucket_name(std::string(63, 'a')));
  EXPECT_FALSE(is_bucket_name(std::string(64, 'a')));
}

TEST(CopySource, IsBucketAndEncodedKey) {
  const SourceName name = parse_copy_source("/b/a%20b/c?versionId=null");
  EXPECT_EQ(name.bucket, "b");
  EXPECT_EQ(name.key, "a b/c");
  EXPECT_EQ(name.version, "null");
  EXPECT_EQ(parse_copy_source("b/k%3Fx").version, "");
  for (const char* bad : {"", "/", "b", "b/", "/b"}) {
    EXPECT_EQ(code_of([&] { parse_copy_source(bad); }), "InvalidArgument") << bad;
  }
  EXPECT_EQ(code_of([] { parse_copy_source("b/k?versionId="); }), "InvalidArgument");
}

TEST(Range, FollowsRfc9110) {
  const auto range = [](std::string_view header) {
    const auto parsed = parse_range(header, 10);
    return parsed ? std::to_string(parsed->first) + "+" + std::to_string(parsed->length) : "none";
  };
  EXPECT_EQ(range("bytes=0-3"), "0+4");
  EXPECT_EQ(range("bytes=5-"), "5+5");
  EXPECT_EQ(range("bytes=5-99"), "5+5");
  EXPECT_EQ(range("bytes=-3"), "7+3");
  EXPECT_EQ(range("bytes=-99"), "0+10");
  for (const char* ignored : {"bytes=3-1", "bytes=0-1,3-4", "bytes=a-b", "items=0-1", "bytes=-",
                              "bytes=", "bytes=0-99999999999999999999"}) {
    EXPECT_EQ(range(ignored), "none") << ignored;
  }
  for (const char* outside : {"bytes=10-", "bytes=10-20", "bytes=-0"}) {
    EXPECT_EQ(code_of([&] { parse_range(outside, 10); }), "InvalidRange") << outside;
  }
  EXPECT_EQ(code_of([] { parse_range("bytes=0-", 0); }), "InvalidRange");
}

TEST(ReadConditions, TagsOutweighDates) {
  // GetObject's reference: If-Match true and If-Unmodified-Since false is 200; If-None-Match false
  // and If-Modified-Since true is 304.
  ReadConditions conditions;
  conditions.if_match = "\"e\"";
  conditions.if_unmodified_since_s = 1;
  EXPECT_EQ(judge_read(conditions, "\"e\"", 10), ReadVerdict::kServe);
  conditions = {};
  conditions.if_none_match = "e";
  conditions.if_modified_since_s = 1;
  EXPECT_EQ(judge_read(conditions, "\"e\"", 10), ReadVerdict::kNotModified);
  conditions = {};
  conditions.if_modified_since_s = 10;
  EXPECT_EQ(judge_read(conditions, "\"e\"", 10), ReadVerdict::kNotModified);
  conditions = {};
  conditions.if_match = "\"x\", \"y\"";
  EXPECT_EQ(code_of([&] { judge_read(conditions, "\"e\"", 10); }), "PreconditionFailed");
}

TEST(WriteConditions, GuardAgainstOverwriteAndStaleness) {
  WriteConditions absent;
  absent.if_none_match = "*";
  EXPECT_EQ(code_of([&] { require_write(absent, "k", std::nullopt); }), "");
  EXPECT_EQ(code_of([&] { require_write(absent, "k", "\"e\""); }), "PreconditionFailed");
  WriteConditions match;
  match.if_match = "e";
  EXPECT_EQ(code_of([&] { require_write(match, "k", "\"e\""); }), "");
  EXPECT_EQ(code_of([&] { require_write(match, "k", "\"f\""); }), "PreconditionFailed");
  EXPECT_EQ(code_of([&] { require_write(match, "k", std::nullopt); }), "NoSuchKey");
}

TEST(Integrity, ChecksDigestsOfTheContent) {
  ExpectedDigests expected =
      read_digests({{"ContentMD5", core::base64_encode(core::md5("a"))},
                    {"ChecksumSHA256", aws::checksum_base64(aws::ChecksumAlgorithm::kSha256, "a")}},
                   nullptr);
  EXPECT_EQ(etag_of(verify(expected, "a").md5), "\"0cc175b9c0f1b6a831c399e269772661\"");
  EXPECT_EQ(code_of([&] { verify(expected, "b"); }), "BadDigest");
  expected.md5.reset();
  EXPECT_EQ(code_of([&] { verify(expected, "b"); }), "BadDigest");
  EXPECT_EQ(code_of([] { read_digests({{"ContentMD5", "xx"}}, nullptr); }), "InvalidDigest");
  EXPECT_EQ(code_of([] { read_digests({{"ChecksumCRC32", "xx"}}, nullptr); }), "InvalidRequest");
  EXPECT_EQ(
      code_of([] {
        read_digests({{"ChecksumCRC32", "AAAAAA=="}, {"ChecksumCRC32C", "AAAAAA=="}}, nullptr);
      }),
      "InvalidRequest");
  // S3 API reference, PutObject, x-amz-sdk-checksum-algorithm: "there must be a corresponding
  // x-amz-checksum-algorithm or x-amz-trailer header sent. Otherwise, Amazon S3 fails the request".
  EXPECT_EQ(code_of([] {
              read_digests({{"ChecksumAlgorithm", "SHA256"}}, nullptr);
            }),
            "InvalidRequest");
  EXPECT_EQ(
      code_of([] {
        read_digests({{"ChecksumAlgorithm", "CRC32"}, {"ChecksumCRC32", "AAAAAA=="}}, nullptr);
      }),
      "");
}

/// Lists keys page by page; common prefixes end in the delimiter.
std::string pages(std::vector<std::string> keys, ListQuery query) {
  std::string text;
  for (int page = 0; page < 100; ++page) {
    const Listing listing = list(query, [&](const std::string& after, std::size_t limit) {
      std::vector<Listing::Entry> found;
      for (const std::string& key : keys) {
        if (key.starts_with(query.prefix) && key > after && found.size() < limit) {
          found.emplace_back(key, json::object());
        }
      }
      return found;
    });
    for (const auto& [key, document] : listing.contents) text += key + " ";
    for (const auto& prefix : listing.common_prefixes) text += prefix + " ";
    if (!listing.truncated) return text;
    text += "| ";
    query.after = listing.last;
  }
  return "endless";
}

TEST(Listing, RollsUpAndPages) {
  const std::vector<std::string> keys = {"a", "b/1", "b/2", "b/c/3", "c/1", "d"};
  EXPECT_EQ(pages(keys, {}), "a b/1 b/2 b/c/3 c/1 d ");
  EXPECT_EQ(pages(keys, {"", "/", "", 1000}), "a d b/ c/ ");
  EXPECT_EQ(pages(keys, {"", "/", "", 1}), "a | b/ | c/ | d ");
  EXPECT_EQ(pages(keys, {"b/", "/", "", 2}), "b/1 b/2 | b/c/ ");
  EXPECT_EQ(pages(keys, {"", "", "b/2", 2}), "b/c/3 c/1 | d ");
  EXPECT_EQ(pages(keys, {"", "", "", 0}), "");
  EXPECT_EQ(pages(keys, {"x", "", "", 5}), "");
  // Exactly full is not truncated.
  EXPECT_EQ(pages(keys, {"b/", "", "", 3}), "b/1 b/2 b/c/3 ");
}

TEST(Listing, JumpsOverLargeCommonPrefixes) {
  std::vector<std::string> keys;
  for (int i = 1000; i < 5000; ++i) keys.push_back("p/" + std::to_string(i));
  keys.push_back("q");
  EXPECT_EQ(pages(keys, {"", "/", "", 1}), "p/ | q ");
}

TEST(Listing, EncodesKeysAsForms) {
  EXPECT_EQ(encode_key("a b/+&\xC3\xA9"), "a+b/%2B%26%C3%A9");
  EXPECT_EQ(encode_key(""), "");
  EXPECT_EQ(encode_key(" "), "+");
}

Part part_of(std::string_view content, std::uint64_t size) {
  Part part;
  part.size = size;
  part.etag = etag_of(core::md5(content));
  return part;
}

json::object completion(std::initializer_list<std::pair<int, std::string>> parts) {
  json::array list;
  for (const auto& [number, etag] : parts) list.push_back({{"PartNumber", number}, {"ETag", etag}});
  return {{"MultipartUpload", {{"Parts", list}}}};
}

TEST(Multipart, ChoosesPartsInOrder) {
  const std::map<std::int64_t, Part> there = {{1, part_of("a", kMinPartBytes)},
                                              {2, part_of("b", 1)}};
  const std::string a = there.at(1).etag;
  const std::string b = there.at(2).etag;
  EXPECT_EQ(choose_parts(completion({{1, a}, {2, b}}), there).size(), 2u);
  const auto code = [&](const json::object& input) {
    return code_of([&] { choose_parts(input, there); });
  };
  EXPECT_EQ(code(completion({{2, b}, {1, a}})), "InvalidPartOrder");
  EXPECT_EQ(code(completion({{1, a}, {1, a}})), "InvalidPartOrder");
  EXPECT_EQ(code(completion({{1, b}})), "InvalidPart");
  EXPECT_EQ(code(completion({{3, a}})), "InvalidPart");
  EXPECT_EQ(code(completion({})), "MalformedXML");
  EXPECT_EQ(code({}), "MalformedXML");
  const std::map<std::int64_t, Part> small = {{1, part_of("a", 5)}, {2, part_of("b", 1)}};
  EXPECT_EQ(code_of([&] { choose_parts(completion({{1, a}, {2, b}}), small); }), "EntityTooSmall");
}

TEST(Multipart, TagIsTheDigestOfDigests) {
  const std::string expected =
      "\"" + core::hex_encode(core::md5(core::md5("a") + core::md5("b"))) + "-2\"";
  EXPECT_EQ(multipart_etag({part_of("a", 1), part_of("b", 1)}), expected);
}

}  // namespace
}  // namespace tandem::s3
