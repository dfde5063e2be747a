from django.urls import path

from annotations.api import blocks, docs, images, panels, studies, tokens, vote_imports

PANEL = "studies/<slug:pid>/panels/<slug:panel>/"

urlpatterns: list = [
    path("token/", tokens.TokenView.as_view(), name="api-token"),
    path("schema/", docs.Schema.as_view(), name="schema"),
    path("docs/", docs.Swagger.as_view(), name="api-docs"),
    path("redoc/", docs.Redoc.as_view(), name="api-redoc"),
    path("votes/imports/", vote_imports.VoteImportList.as_view(), name="api-vote-imports"),
    path("votes/imports/<slug:pid>/", vote_imports.VoteImportDetail.as_view(), name="api-vote-import"),
    path("studies/", studies.StudyList.as_view(), name="api-studies"),
    path("studies/<slug:pid>/", studies.StudyDetail.as_view(), name="api-study"),
    path("studies/<slug:pid>/launch/", studies.Launch.as_view(), name="api-study-launch"),
    path("studies/<slug:pid>/pause/", studies.Pause.as_view(), name="api-study-pause"),
    path("studies/<slug:pid>/resume/", studies.Resume.as_view(), name="api-study-resume"),
    path("studies/<slug:pid>/close/", studies.Close.as_view(), name="api-study-close"),
    path("studies/<slug:pid>/consents/", panels.ConsentList.as_view(), name="api-consents"),
    path("studies/<slug:pid>/blocks/", blocks.BlockList.as_view(), name="api-blocks"),
    path("studies/<slug:pid>/blocks/<slug:block>/", blocks.BlockDetail.as_view(), name="api-block"),
    path("studies/<slug:pid>/golds/", blocks.GoldList.as_view(), name="api-golds"),
    path("studies/<slug:pid>/golds/<slug:gold>/", blocks.GoldDetail.as_view(), name="api-gold"),
    path("studies/<slug:pid>/panels/", panels.PanelList.as_view(), name="api-panels"),
    path(PANEL, panels.PanelDetail.as_view(), name="api-panel"),
    path(f"{PANEL}invitations/", panels.InvitationList.as_view(), name="api-invitations"),
    path(f"{PANEL}invitations/<slug:invitation>/", panels.InvitationDetail.as_view(), name="api-invitation"),
    path(f"{PANEL}judges/", panels.JudgeList.as_view(), name="api-judges"),
    path("studies/<slug:pid>/images/", images.ImageList.as_view(), name="api-images"),
]
