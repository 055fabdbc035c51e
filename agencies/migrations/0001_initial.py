import agencies.models.validators
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('audit', '0001_initial'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(error_messages={'unique': 'Somebody already uses this e-mail address.'}, max_length=254, unique=True, verbose_name='e-mail')),
                ('name', models.CharField(max_length=150, validators=[agencies.models.validators.plain_name])),
                ('title', models.CharField(blank=True, max_length=150, validators=[agencies.models.validators.plain_name])),
                ('phone', models.CharField(blank=True, max_length=40, validators=[agencies.models.validators.no_control_characters])),
                ('is_active', models.BooleanField(default=True)),
                ('is_staff', models.BooleanField(default=False)),
                ('date_joined', models.DateTimeField(auto_now_add=True)),
                ('reminder_pace', models.CharField(choices=[('at_once', 'Each as it falls due'), ('daily', 'One mail a day'), ('weekly', 'One mail a week, on Monday; what can’t wait till then comes before')], default='at_once', editable=False, max_length=8, verbose_name='reminders of deadlines')),
                ('mail_seen_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'ordering': ['name', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower(models.F('email')))), name='user_email_is_lower_case')],
            },
        ),
        migrations.CreateModel(
            name='Agency',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200, validators=[agencies.models.validators.no_control_characters])),
                ('short_name', models.CharField(max_length=60, validators=[agencies.models.validators.no_control_characters])),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('kind', models.CharField(choices=[('police', 'Police department'), ('sheriff', "Sheriff's office"), ('prosecutor', 'Prosecutor'), ('court', 'Court'), ('corrections', 'Corrections'), ('probation', 'Probation or parole'), ('school_district', 'School district'), ('health', 'Health department'), ('fire_ems', 'Fire or EMS'), ('dispatch', 'Dispatch center'), ('city', 'City'), ('county', 'County'), ('state', 'State agency'), ('federal', 'Federal agency'), ('tribal', 'Tribal government'), ('oversight', 'Oversight body'), ('university', 'University'), ('other', 'Other')], max_length=20)),
                ('jurisdiction', models.CharField(blank=True, help_text='State or tribe, for example Colorado.', max_length=100, validators=[agencies.models.validators.no_control_characters])),
                ('legal_name', models.CharField(blank=True, help_text='As it stands in a contract.', max_length=300, validators=[agencies.models.validators.no_control_characters])),
                ('ori', models.CharField(blank=True, max_length=9, validators=[django.core.validators.RegexValidator('\\A[A-Z]{2}[A-Z0-9]{7}\\Z', 'An ORI has nine capital letters and digits, for example CO0390100.')], verbose_name='ORI')),
                ('cj_status', models.CharField(choices=[('CJA', 'Criminal justice agency'), ('NCJA_gov', 'Noncriminal justice agency, government'), ('NCJA_public', 'Noncriminal justice agency, public'), ('NCJA_private', 'Noncriminal justice agency, private'), ('contractor', 'Contractor'), ('tribal', 'Tribal'), ('foreign', 'Foreign'), ('none', 'None of these')], default='none', max_length=20, verbose_name='CJIS status')),
                ('email_domains', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=253, validators=[django.core.validators.RegexValidator('\\A(?=.{4,253}\\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}\\Z', 'Write an e-mail domain in small letters, for example riverton.gov.')]), blank=True, default=list, help_text='Domains its people write from, with commas between.', size=20)),
                ('timezone', models.CharField(default='America/Denver', max_length=60, validators=[agencies.models.validators.valid_timezone], verbose_name='time zone')),
                ('fiscal_year_start', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(12)], verbose_name='first month of the fiscal year')),
                ('address', models.TextField(blank=True, max_length=500, validators=[agencies.models.validators.no_control_characters])),
                ('phone', models.CharField(blank=True, max_length=40, validators=[agencies.models.validators.no_control_characters])),
                ('website', models.URLField(blank=True, max_length=300)),
                ('approvals_required', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='approvals needed before it signs')),
                ('reminders', models.JSONField(blank=True, default=dict, validators=[agencies.models.validators.valid_reminders], verbose_name='reminder settings')),
                ('governing_body', models.CharField(blank=True, help_text='For example Riverton City Council.', max_length=200, validators=[agencies.models.validators.no_control_characters])),
                ('governing_body_approves', models.BooleanField(default=False, verbose_name="agreements need the governing body's approval")),
                ('cjis_audit_on', models.DateField(blank=True, null=True, verbose_name='last CJIS audit')),
                ('privacy_officer', models.CharField(blank=True, max_length=200, validators=[agencies.models.validators.no_control_characters])),
                ('active', models.BooleanField(default=True)),
                ('last_event', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.event')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='agencies.agency')),
            ],
            options={
                'verbose_name_plural': 'agencies',
                'ordering': ['name', 'id'],
                'indexes': [models.Index(fields=['name', 'id'], name='agency_by_name')],
                'constraints': [models.CheckConstraint(condition=models.Q(('parent', models.F('id')), _negated=True), name='agency_not_own_parent'), models.CheckConstraint(condition=models.Q(('fiscal_year_start__range', (1, 12))), name='agency_fiscal_month')],
            },
        ),
        migrations.CreateModel(
            name='AccessReview',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('quarter', models.DateField(help_text='The first day of the quarter.')),
                ('decisions', models.JSONField(default=list)),
                ('kept', models.PositiveIntegerField()),
                ('ended', models.PositiveIntegerField()),
                ('statement', models.CharField(max_length=1000, validators=[agencies.models.validators.no_control_characters])),
                ('signed_at', models.DateTimeField()),
                ('last_event', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.event')),
                ('signed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='access_reviews', to='agencies.agency')),
            ],
            options={
                'ordering': ['-quarter', 'id'],
                'constraints': [models.UniqueConstraint(fields=('agency', 'quarter'), name='one_access_review_a_quarter')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254, verbose_name='e-mail')),
                ('name', models.CharField(blank=True, max_length=150, validators=[agencies.models.validators.no_control_characters])),
                ('role', models.CharField(choices=[('liaison', 'Liaison'), ('counsel', 'Counsel'), ('signatory', 'Signatory'), ('auditor', 'Auditor'), ('administrator', 'Administrator')], max_length=20)),
                ('token_sha256', models.CharField(max_length=64, unique=True)),
                ('invited_by', models.UUIDField(blank=True, null=True)),
                ('invited_by_label', models.CharField(max_length=600)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('accepted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='agencies.agency')),
                ('last_event', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.event')),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower(models.F('email')))), name='invitation_email_is_lower_case'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='invitation_dates'), models.UniqueConstraint(condition=models.Q(('accepted_at__isnull', True), ('revoked_at__isnull', True)), fields=('agency', 'email', 'role'), name='invitation_once', violation_error_message='This person has already been invited to this role.')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('liaison', 'Liaison'), ('counsel', 'Counsel'), ('signatory', 'Signatory'), ('auditor', 'Auditor'), ('administrator', 'Administrator')], max_length=20)),
                ('since', models.DateField()),
                ('until', models.DateField(blank=True, null=True)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='agencies.agency')),
                ('last_event', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.event')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['agency_id', 'user_id', 'role', 'since', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gte', models.F('since')), _connector='OR'), name='membership_dates', violation_error_message="The end can't be before the beginning."), models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('user', 'agency', 'role'), name='membership_once', violation_error_message='This person already has this role.')],
            },
        ),
        migrations.CreateModel(
            name='Oversight',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('since', models.DateField()),
                ('until', models.DateField(blank=True, null=True)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='overseen_by', to='agencies.agency')),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='oversees', to='agencies.agency')),
                ('last_event', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.event')),
            ],
            options={
                'ordering': ['since', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gte', models.F('since')), _connector='OR'), name='oversight_dates', violation_error_message="The end can't be before the beginning."), models.CheckConstraint(condition=models.Q(('body', models.F('agency')), _negated=True), name='oversight_of_another'), models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('body', 'agency'), name='oversight_once')],
            },
        ),
        migrations.CreateModel(
            name='SigningAuthority',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('basis_kind', models.CharField(choices=[('statute', 'Statute or ordinance'), ('office', 'Held by the office itself'), ('delegation', 'Written delegation'), ('resolution', 'Resolution of the governing body')], max_length=20, verbose_name='kind of basis')),
                ('basis', models.CharField(help_text='The section, resolution or letter it rests on.', max_length=500, validators=[agencies.models.validators.no_control_characters])),
                ('kinds', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, help_text='Kinds of agreement; none means all.', size=40)),
                ('limit_text', models.CharField(blank=True, max_length=500, validators=[agencies.models.validators.no_control_characters], verbose_name='limits')),
                ('document_reference', models.CharField(blank=True, max_length=200, validators=[agencies.models.validators.no_control_characters])),
                ('since', models.DateField()),
                ('until', models.DateField(blank=True, null=True)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signing_authorities', to='agencies.agency')),
                ('last_event', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.event')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signing_authorities', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'signing authorities',
                'ordering': ['since', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gte', models.F('since')), _connector='OR'), name='authority_dates', violation_error_message="The end can't be before the beginning.")],
            },
        ),
    ]
