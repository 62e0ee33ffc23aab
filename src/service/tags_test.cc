#include "service/tags.h"

#include <gtest/gtest.h>

namespace tandem::service {
namespace {

aws::ApiError error(std::string code, std::string_view key) {
  return {400, std::move(code), std::string(key)};
}

constexpr TagRules kRules{.too_many = [](std::string_view key) { return error("TooMany", key); },
                          .reserved = [](std::string_view key) { return error("Reserved", key); },
                          .duplicate = [](std::string_view key) { return error("Twice", key); },
                          .bad_key = [](std::string_view key) { return error("Key", key); },
                          .bad_value = [](std::string_view key) { return error("Value", key); }};

std::string refusal(TagSet& set, const json::value& given, TagSource source = TagSource::kCaller) {
  try {
    set.merge(read_tags(&given), source);
  } catch (const aws::ApiError& error) {
    return error.code();
  }
  return "";
}

json::value one(std::string_view key, std::string_view value = "") {
  return json::array{{{"Key", key}, {"Value", value}}};
}

TEST(Tags, AreReadAndShownInEitherForm) {
  const json::value list = json::array{{{"Key", "b"}, {"Value", "2"}}, {{"Key", "a"}}};
  EXPECT_EQ(TagSet(kRules, &list).list(),
            (json::array{{{"Key", "a"}}, {{"Key", "b"}, {"Value", "2"}}}));
  EXPECT_EQ(TagSet(kRules, &list).map(), (json::object{{"a", ""}, {"b", "2"}}));
  const json::value map = json::object{{"b", "2"}};
  EXPECT_EQ(TagSet(kRules, &map).list(), (json::array{{{"Key", "b"}, {"Value", "2"}}}));
  EXPECT_TRUE(TagSet(kRules).empty());
}

TEST(Tags, AreReplacedAndRemovedByKey) {
  TagSet set(kRules);
  EXPECT_EQ(refusal(set, json::object{{"a", "1"}, {"b", "2"}}), "");
  EXPECT_EQ(refusal(set, one("a", "3")), "");
  set.remove("b", "other");
  EXPECT_EQ(set.map(), (json::object{{"a", "3"}, {"b", "2"}}));
  set.remove("b", "2");
  const json::array keys = {"a", "none"};
  set.remove(&keys);
  EXPECT_TRUE(set.empty());
}

TEST(Tags, MoreThanAnyServiceTakesAreNotLookedThrough) {
  json::array many(2'000, json::object{{"Key", ""}});
  TagSet set(kRules);
  EXPECT_EQ(refusal(set, many), "TooMany");
  const json::value document(std::move(many));
  EXPECT_EQ(read_tags(&document).size(), 1'001U);
}

// AWS General Reference, "Tag naming limits and requirements": lengths are in characters.
TEST(Tags, KeepToTheLimitsOfAws) {
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "\xc3\xa4";
  TagSet set(kRules);
  EXPECT_EQ(refusal(set, one(umlauts, umlauts + umlauts)), "");
  EXPECT_EQ(refusal(set, one(umlauts + "x")), "Key");
  EXPECT_EQ(refusal(set, one("")), "Key");
  EXPECT_EQ(refusal(set, one("k", umlauts + umlauts + "x")), "Value");
  EXPECT_EQ(refusal(set, json::array{{{"Key", "a"}}, {{"Key", "a"}}}), "Twice");
  json::object many;
  for (int i = 0; i < 49; ++i) many[std::to_string(i)] = "";
  EXPECT_EQ(refusal(set, many), "");
  EXPECT_EQ(refusal(set, one("one more")), "TooMany");
  EXPECT_FALSE(set.map().contains("one more"));
  EXPECT_EQ(refusal(set, one("0", "again")), "");
}

TEST(Tags, OfAwsAreSetByItsServicesOnly) {
  TagSet set(kRules);
  EXPECT_EQ(refusal(set, one("aws:x")), "Reserved");
  EXPECT_EQ(refusal(set, one("AWS:x")), "Reserved");
  EXPECT_EQ(refusal(set, one("aws:x"), TagSource::kService), "");
  RequestContext context;
  EXPECT_EQ(tag_source(context), TagSource::kService);
  const net::HttpRequest request;
  context.http = &request;
  EXPECT_EQ(tag_source(context), TagSource::kCaller);
}

TEST(Tags, MayBeOneWhateverTheirCase) {
  TagRules folded = kRules;
  folded.keys_by_case = TagRules::Case::kIgnored;
  TagSet set(folded);
  EXPECT_EQ(refusal(set, one("Key", "1")), "");
  EXPECT_EQ(refusal(set, one("KEY", "2")), "");
  EXPECT_EQ(set.list(), (json::array{{{"Key", "KEY"}, {"Value", "2"}}}));
  EXPECT_EQ(refusal(set, json::array{{{"Key", "a"}}, {{"Key", "A"}}}), "Twice");
}

}  // namespace
}  // namespace tandem::service
